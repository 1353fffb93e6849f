import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT, until } from '../end-to-end/programs.js';
import { freePort } from '../tools/free-port.js';
import { MOTO } from './moto-server.js';

/** `check.sh` beside the provider's stand-in and its schema; empty where the environment does not name it. */
const CHECK = process.env['WIKIFLEET_TERRAFORM_CHECK'] ?? '';

/** What the tests lack; empty where both are there. */
export const BOX_NEEDS =
  CHECK === '' || MOTO === '' ? 'WIKIFLEET_TERRAFORM_CHECK and WIKIFLEET_MOTO (tests/src/box/README.md)' : '';

/** What the bridge called on moto; see `tests/tools/terraform-bridge`. */
export interface BridgeReport {
  readonly calls: number;
  /** Values of requests that were compared with botocore's models. */
  readonly values: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly requests: readonly { readonly call: string; readonly parameters: Readonly<Record<string, unknown>> }[];
  /** Calls that a model does not allow or that moto refused. */
  readonly problems: readonly string[];
  /** Calls that moto lacks. */
  readonly missing: readonly string[];
  readonly applied: Readonly<Record<'create' | 'update' | 'destroy', Readonly<Record<string, number>>>>;
}

/** Terraform's words where it failed. */
export class TerraformError extends Error {
  override readonly name = 'TerraformError';
}

/**
 * A copy of `terraform/` that is applied to moto's server: Terraform's own graph, with a stand-in for the AWS provider that
 * knows the provider's schema, and the bridge that makes the calls. The stand-in does not know which changes replace a
 * resource; `replace` names those addresses.
 */
export class TerraformRoot {
  readonly folder: string;
  readonly #bridge: ChildProcess;
  readonly #bridgeUrl: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(folder: string, bridge: ChildProcess, port: number, environment: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#bridge = bridge;
    this.#bridgeUrl = `http://127.0.0.1:${port}/`;
    this.#environment = environment;
  }

  /** `edit` may change the copy before Terraform reads it. */
  static async open(motoEndpoint: string, edit?: (folder: string) => Promise<void>): Promise<TerraformRoot> {
    const tools = dirname(CHECK);
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-box-terraform-'));
    await cp(join(ROOT, 'terraform'), folder, {
      recursive: true,
      filter: (path) => !/\/(\.terraform|tests)(\/|$)|\.terraform\.lock\.hcl$/.test(path),
    });
    await edit?.(folder);
    const override = `dev_overrides { "hashicorp/aws" = "${join(tools, 'bin')}" }`;
    const configuration = join(folder, '.terraformrc');
    await writeFile(configuration, `provider_installation {\n  ${override}\n  direct {}\n}\n`);
    const port = await freePort();
    const program = join(ROOT, 'tests/tools/terraform-bridge/main.py');
    const bridge = spawn(join(dirname(MOTO), 'python'), [program, String(port), motoEndpoint], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const root = new TerraformRoot(folder, bridge, port, {
      ...process.env,
      TF_CLI_CONFIG_FILE: configuration,
      TF_DISABLE_PLUGIN_TLS: '1',
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
      AWS_STUB_SCHEMA: join(tools, 'schema.json'),
      BRIDGE_PORT: String(port),
    });
    try {
      await until('the bridge answers', async () => (await root.report().catch(() => null)) !== null, 30);
      await root.run('get');
    } catch (error) {
      await root.close();
      throw error;
    }
    return root;
  }

  /** Runs Terraform; throws its error output. */
  async run(...args: readonly string[]): Promise<string> {
    try {
      const { stdout } = await promisify(execFile)('terraform', args, {
        cwd: this.folder,
        env: this.#environment,
        maxBuffer: 64 * 1024 * 1024,
        timeout: 300_000,
      });
      return stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new TerraformError(`terraform ${args.join(' ')}: ${stderr === '' ? stdout : stderr}`);
    }
  }

  async apply(
    variables: Readonly<Record<string, unknown>>,
    { replace = [], destroy = false }: { readonly replace?: readonly string[]; readonly destroy?: boolean } = {},
  ): Promise<void> {
    const file = join(this.folder, 'box.tfvars.json');
    await writeFile(file, JSON.stringify(variables));
    const flags = [
      '-auto-approve',
      '-no-color',
      `-var-file=${file}`,
      ...replace.map((address) => `-replace=${address}`),
    ];
    await this.run('apply', ...(destroy ? ['-destroy'] : []), ...flags);
  }

  /** What `terraform output` prints, parsed. */
  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    const printed = JSON.parse(await this.run('output', '-json')) as Record<string, { value: unknown }>;
    return Object.fromEntries(Object.entries(printed).map(([name, { value }]) => [name, value]));
  }

  async report(): Promise<BridgeReport> {
    return (await (await fetch(this.#bridgeUrl)).json()) as BridgeReport;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    if (this.#bridge.exitCode === null && this.#bridge.signalCode === null) {
      this.#bridge.kill('SIGKILL');
      await once(this.#bridge, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A fleet with an image, and nothing else that has a default. */
export const DEFAULT_FLEET: Readonly<Record<string, unknown>> = {
  contact: 'me@example.org',
  image: imageOf('a'),
};

/** Every option on. */
export const FLEET_WITH_ALL_OPTIONS: Readonly<Record<string, unknown>> = {
  ...DEFAULT_FLEET,
  create_kms_key: true,
  create_alert_topic: true,
  alert_emails: ['operator@example.org'],
  monthly_budget_usd: 20,
  create_table: true,
  seed_schedule: { wikis: ['simplewiki'] },
  raw_objects: 'delete',
};

/** An image of the fleet's own repository, its digest made of one hexadecimal digit. */
export function imageOf(digit: string): string {
  return `123456789012.dkr.ecr.us-east-1.amazonaws.com/wikifleet@sha256:${digit.repeat(64)}`;
}
