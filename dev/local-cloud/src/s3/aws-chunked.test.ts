import assert from 'node:assert/strict';
import { decodeAwsChunked } from './aws-chunked.js';

const WHOLE =
  '5;chunk-signature=abc\r\nhello\r\n6\r\n world\r\n0;chunk-signature=def\r\nX-Amz-Checksum-Crc32: AAAA\r\n\r\n';

async function decode(...chunks: string[]): Promise<{ text: string; trailers: Map<string, string> }> {
  const trailers = new Map<string, string>();
  async function* source(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  let text = '';
  for await (const piece of decodeAwsChunked(source(), trailers)) text += piece.toString();
  return { text, trailers };
}

describe('aws-chunked', () => {
  const BROKEN: [title: string, body: string][] = [
    ['nothing', ''],
    ['no size', '\r\nhello\r\n0\r\n\r\n'],
    ['a size that is none', 'x\r\nhello\r\n0\r\n\r\n'],
    ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
    ['a size beyond all', 'fffffffffffffffff\r\n'],
    ['data longer than its size', '3\r\nhello\r\n0\r\n\r\n'],
    ['data shorter than its size', '7\r\nhello\r\n0\r\n\r\n'],
    ['no last chunk', '5\r\nhello\r\n'],
    ['a cut in the data', '5\r\nhel'],
    ['a cut in the trailer', '0\r\nx-a: b'],
    ['bytes behind the end', '0\r\n\r\nmore'],
    ['a line without an end', `5;${'x'.repeat(5000)}`],
  ];
  for (const [title, body] of BROKEN)
    it(`${title} is IncompleteBody`, async () => assert.rejects(decode(body), { code: 'IncompleteBody' }));

  it('trailers without a colon are MalformedTrailerError', async () => {
    await assert.rejects(decode('0\r\nnonsense\r\n\r\n'), { code: 'MalformedTrailerError' });
  });

  it('trailers have a bound', async () => {
    await assert.rejects(decode(`0\r\n${'a: b\r\n'.repeat(3000)}\r\n`), { code: 'IncompleteBody' });
  });

  it('gives the data and the trailers, wherever the network cuts', async () => {
    for (let cut = 0; cut <= WHOLE.length; cut++) {
      const { text, trailers } = await decode(WHOLE.slice(0, cut), WHOLE.slice(cut));
      assert.equal(text, 'hello world');
      assert.deepEqual([...trailers], [['x-amz-checksum-crc32', 'AAAA']]);
    }
    assert.equal((await decode(...WHOLE.split(''))).text, 'hello world');
  });
});
