import type { MotoClient } from './moto-client.js';

/** A statement of an IAM policy. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** One action on one resource, and the keys that conditions compare. */
export interface Access {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

/** As IAM compares names: `*` stands for any characters, `?` for one. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[\\^$.+()[\]{}|]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

const OPERATORS: Readonly<Record<string, (expected: string, received: string) => boolean>> = {
  StringEquals: (expected, received) => expected === received,
  StringLike: matches,
  ArnEquals: matches,
  ArnLike: matches,
  Bool: (expected, received) => expected === received,
};

/** Whether the statements allow the access. An operator that is not known here throws: it would be passed unseen. */
export function allows(statements: readonly Statement[], { action, resource, context = {} }: Access): boolean {
  const applying = statements.filter(
    ({ Action, Resource, Condition = {} }) =>
      listOf(Action).some((pattern) => matches(pattern, action)) &&
      listOf(Resource).some((pattern) => matches(pattern, resource)) &&
      Object.entries(Condition).every(([operator, keys]) => {
        const compare = OPERATORS[operator];
        if (compare === undefined) throw new Error(`IAM: the condition ${operator} is not known here`);
        return Object.entries(keys).every(([key, values]) => {
          const received = context[key];
          return received !== undefined && listOf(values).some((expected) => compare(expected, received));
        });
      }),
  );
  return applying.some(({ Effect }) => Effect === 'Allow') && applying.every(({ Effect }) => Effect !== 'Deny');
}

/** A role's inline policies, all statements. */
export async function readRole(moto: MotoClient, role: string): Promise<Statement[]> {
  const listed = await moto.iam('ListRolePolicies', { RoleName: role });
  const names = [...listed.matchAll(/<member>([^<]+)<\/member>/g)].map(([, name = '']) => name);
  const statements: Statement[] = [];
  for (const name of names) {
    const text = await moto.iam('GetRolePolicy', { RoleName: role, PolicyName: name });
    statements.push(...statementsOf(documentOf(text, 'PolicyDocument')));
  }
  return statements;
}

/** A managed policy's statements. */
export async function readPolicy(moto: MotoClient, arn: string): Promise<Statement[]> {
  const found = await moto.iam('GetPolicy', { PolicyArn: arn });
  const version = /<DefaultVersionId>([^<]+)</.exec(found)?.[1] ?? 'v1';
  const text = await moto.iam('GetPolicyVersion', { PolicyArn: arn, VersionId: version });
  return statementsOf(documentOf(text, 'Document'));
}

/** Whether a service may take a role. */
export async function mayAssume(
  moto: MotoClient,
  role: string,
  service: string,
  context: Readonly<Record<string, string>>,
): Promise<boolean> {
  const text = await moto.iam('GetRole', { RoleName: role });
  const statements = documentOf(text, 'AssumeRolePolicyDocument') as {
    Statement: readonly (Omit<Statement, 'Resource'> & { Principal: { Service?: string | readonly string[] } })[];
  };
  const own = statements.Statement.filter(({ Principal }) => listOf(Principal.Service ?? []).includes(service));
  return allows(
    own.map((statement) => ({ ...statement, Resource: '*' })),
    { action: 'sts:AssumeRole', resource: role, context },
  );
}

/** The last part of a role's ARN. */
export function roleName(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

function statementsOf(document: unknown): Statement[] {
  return [...(document as { Statement: readonly Statement[] }).Statement];
}

/** Documents are encoded as in a URL, within XML. */
function documentOf(text: string, element: string): unknown {
  const encoded = new RegExp(`<${element}>([^<]*)</${element}>`).exec(text)?.[1];
  if (encoded === undefined) throw new Error(`IAM: no ${element} in ${text.slice(0, 200)}`);
  const json = encoded.trim().startsWith('%7B') ? decodeURIComponent(encoded.replaceAll('+', ' ')) : unescaped(encoded);
  return JSON.parse(json);
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#34;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
