// Node 20 works until the AWS SDK drops it, in 2027; its warning in the middle of the tests' output helps nobody.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
