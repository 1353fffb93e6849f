import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { serveDashboard } from './dashboard-server.js';
import type { DashboardServer } from './dashboard-server.js';
import { readPageFiles } from './page-files.js';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("the dashboard's server", () => {
  let server: DashboardServer;
  let opened = 0;

  before(async () => {
    const source = {
      open: (_: unknown, send: (event: string, data: unknown) => void) => {
        opened += 1;
        send('state', { text: 'a\nevent: tiles\n\n' });
        return () => (opened -= 1);
      },
      quarantine: async (key: string) => await Promise.resolve(key === 'shown' ? { key } : null),
    };
    server = await serveDashboard(source, await readPageFiles(), 0);
  });
  after(async () => {
    await server.close();
    await server.close();
  });

  const get = async (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> => {
    const sent = request(new URL(path, server.url), { headers, method });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  };

  const port = (): string => new URL(server.url).port;
  for (const [name, status, path, headers, method] of [
    ['the page', 200, '/', {}, 'GET'],
    ['the page by the name of this machine', 200, '/', { host: 'localhost:PORT' }, 'GET'],
    ['a name that was pointed to this machine', 421, '/', { host: 'evil.example:PORT' }, 'GET'],
    ['the address on another port', 421, '/', { host: '127.0.0.1:1' }, 'GET'],
    ['events that another site asks for', 403, '/events', { 'sec-fetch-site': 'cross-site' }, 'GET'],
    ['a script that another site loads', 403, '/page.js', { 'sec-fetch-site': 'same-site' }, 'GET'],
    ['a link that is followed', 200, '/', linkHeaders(), 'GET'],
    ['a link to the events', 403, '/events', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }, 'GET'],
    ['a write', 405, '/', {}, 'POST'],
    ['a path out of the page', 404, '/../package.json', {}, 'GET'],
    ['a path out of the page, escaped', 404, '/%2e%2e%2fpackage.json', {}, 'GET'],
    ['a view that is none', 400, '/events?page=-1', {}, 'GET'],
    ['a filter that is none', 400, '/events?show=some', {}, 'GET'],
    ['a quarantine file that is not shown', 404, '/quarantine?key=runs/plan.json', {}, 'GET'],
    ['one that is', 200, '/quarantine?key=shown', {}, 'GET'],
  ] as const) {
    it(`${name}: ${status}`, async () => {
      const sent = Object.entries(headers).map(([key, value]) => [key, value.replace('PORT', port())]);
      const answer = await get(path, Object.fromEntries(sent) as Record<string, string>, method);
      assert.equal(answer.status, status, answer.body);
      assert.match(String(answer.headers['content-security-policy']), /default-src 'none'; script-src 'self';/);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
    });
  }

  it('sends each event in one line, whatever its text, and ends a stream that nobody reads', async () => {
    const sent = request(new URL('/events', server.url));
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) {
      body += String(chunk);
      if (body.includes('data:')) break;
    }
    assert.equal(body, 'retry: 2000\n\nevent: state\ndata: {"text":"a\\nevent: tiles\\n\\n"}\n\n');
    for (let i = 0; opened > 0 && i < 100; i += 1) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(opened, 0);
  });

  it('refuses one stream too many', async () => {
    const streams = Array.from({ length: 20 }, () => request(new URL('/events', server.url)));
    await Promise.all(
      streams.map(async (one) => {
        one.on('error', () => {});
        one.end();
        await once(one, 'response');
      }),
    );
    assert.equal((await get('/events')).status, 503);
    for (const one of streams) one.destroy();
  });

  it('says which port is in use', async () => {
    const source = { open: () => () => {}, quarantine: async () => await Promise.resolve(null) };
    await assert.rejects(serveDashboard(source, new Map(), Number(port())), { code: 'PORT_IN_USE' });
  });
});

/** As a browser sends it when somebody follows a link to the page. */
function linkHeaders(): Record<string, string> {
  return { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
}
