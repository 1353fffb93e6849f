/** How a service is known to differ from AWS's documentation, by its name and then by the check's title. */
export const KNOWN_DIFFERENCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // 4.14.0
  localstack: {
    'the bucket may be in the host name': 'only below s3.localhost.localstack.cloud',
    'a method that a resource does not have is MethodNotAllowed': 'it answers 500',
    'x-amz-content-sha256 that is another body’s is XAmzContentSHA256Mismatch': 'the hash is not compared',
    'chunks that end too early, or hold less than announced, are IncompleteBody': 'it answers 500',
    'a body without a length is MissingContentLength': 'it is stored',
    'a continuation token that is none is InvalidArgument': 'it answers 500',
    'max-keys below 0 is InvalidArgument': 'it is taken',
    'max-keys 0 is an empty page': 'it counts as not given',
    'max-keys over 1000 is 1000': 'it is given back as it came',
    'pages of any size hold each key once: {}': 'a token of a key beyond ASCII is answered 500',
    'pages of any size hold each key once: {"Delimiter":"/"}': 'a token of a key beyond ASCII is answered 500',
    'a part that is listed twice is InvalidPartOrder': 'it is taken twice',
    'what is no list of parts is MalformedXML': 'it answers 500',
    'a request with a DOCTYPE expands nothing': 'the entity is expanded',
    'metadata over 2 KB is MetadataTooLarge': 'it is stored',
    'conditional reads answer 200, 304 and 412': 'If-Match that holds does not overrule If-Unmodified-Since',
    'DELETE with If-Match deletes that version only': 'it is NotImplemented',
    'DeleteObjects with an ETag deletes that version only': 'the ETag is passed over',
    'DeleteObjects takes at most 1000 keys': 'it takes more',
    'DeleteObjects needs a checksum or Content-MD5': 'it needs none',
  },
};
