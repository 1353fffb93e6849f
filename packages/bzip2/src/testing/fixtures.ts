/** A small file that libbz2 wrote, and what is in it. */
export interface Fixture {
  readonly name: string;
  readonly bz2: Buffer;
  /** Decoded bytes and their SHA-256. */
  readonly size: number;
  readonly sha256: string;
}

export const THREE_BLOCKS = 'three blocks of level 1';

function fixture(name: string, size: number, sha256: string, base64: string): Fixture {
  return { name, size, sha256, bz2: Buffer.from(base64, 'base64') };
}

export const FIXTURES: readonly Fixture[] = [
  fixture(
    'an empty stream',
    0,
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'QlpoORdyRThQkAAAAAA=',
  ),
  fixture(
    'text',
    25,
    '73914dc1b83adb118432316660437689acbc0b76c67b3ccbe3321e1472edfa4d',
    'QlpoOTFBWSZTWU2UM5IAAALbgAAQQAEQAACAHyzMECAAIpkZAabKFNMjExMRZDBn4g6EvIg2JV6H4u5IpwoSCbKGckA=',
  ),
  fixture(
    'all bytes',
    256,
    '40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880',
    'QlpoOTFBWSZTWba17pUAAAB/////////////////////////////////////////////sADFUgAAAAAAAAAAAAAAAAAAAAABMAmA' +
      'AAAAAAAAAAAAAEwABMAEmAAmAAJgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAkwAEwABMAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAAAAAAPwCAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkN' +
      'ERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/gIGCg4SFhoeIiYq' +
      'LjI2Oj5CRkpWWl5iZmpucnZ6foKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr/AwcLDxMXGxcbHyMnKy8zNzs/Q0dLT1NX' +
      'W19jZ2tvc3d7f4OHi4+Tl5ufo6err7O3u7/Dx8vP09fb3+Pn6+/z9F3JFOFCQtrXulQ=',
  ),
  fixture(
    'a million equal bytes',
    1000000,
    'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
    'QlpoOTFBWSZTWZe+3DgAB6iBQKAAAAIACCAAMMwJqmmVJDapSQ8XckU4UJCXvtw4',
  ),
  fixture(
    THREE_BLOCKS,
    278070,
    'b25cf498f66da7c7aa748f09cee0cf19a45498bd25bf0c194760c22161283e4d',
    'QlpoMTFBWSZTWWjhrzsAd23ZgAAQQAB/4BtttsBQA/4AAAAAo0NAAAAUaGgAAAKNDQAAAFGhoAAAApVQR7eqpT9U2oMjTan0RIvk' +
      'iRf2RIvwRIu/qDpD5Q7IZD4Q/ZD0h+6HSH2Q+UOkMhkO6GQyGQyGQyGQ90MhkMh4QyGg0Gg0Gg9kNBoNBoPMGg0Gg0Gg8oaDQaDQ' +
      'aD2g0Gg0Gg8IaDQaDQaDQe8Gg0Gg7oaDQaDQaDQaDqDQaDshoNBoNBoNBoNByDUGg0Gg0Gg0Gg7fBEi/oiRfwh0h0h0h7wdQeoPU' +
      'HqD1BxDIZDIaDQaDQaDQcJJkMh3QyGg0Gg0Gg0HRJMhkMh4Q0Gg0Gg0Gg96omQyGg0HlDQaDQaDQde6RMhkPEGg0HshoNBoNB5SJ' +
      '2gyGQ0Gg0Gg6Q0Gg7pE4hxDkHIOQcg5B0hyDskTiHEOQcg5ByDkHIOKhcQ4hyDkHIOQcg5BykKX3IkX2kSL7kSL/CJF5IkX/ESL9' +
      'ESL8yJF+SJF5/0iRfREi+JEi8ESL6IkX4IkXciRfoiRdiJF9ESL0IkX/mKCskymsyZcP6AAYQmzAAAggAD/wDbbbYCgCDwAAAAAo' +
      '0NAAAAUaGgAAAKNDQAAAFGhoAAAApVRB7eqlPUaTTI02p8kSL4oSL+yJF+iJF8fWDkHeDtBoPEH0g8wfWDqD7QfEHUGg0HeDQaDQ' +
      'aDQaDQe8Gg0Gg9INBoMhkMhkPaDIZDIZD1QyGQyGQyHrBkMhkMhkPZDIZDIZD0gyGQyGQyGQ90MhkMh3g0Gg0Gg0Gg0HUGg0HaDQ' +
      'aDQaDQaDQaDkGQaDQaDQaDQaDyRIvwRIvvB1B1B1B0h0h5Q8weYPMHINBoNBkMhkNBoNBxImg0HeDQZDIZDQaDQdJE0Gg0HpBkMh' +
      'kNBoNB7qF9+wh4g8QeIPCHrB4Q8IeIPEHiD2JJoNBkMhkPaDIaDQaD1JJ2g0GgyGQyGQ6g0Gg7kk5ByDiHEOIcQ5B1ByDskTkHIO' +
      'IcQ4hxDkHIOUlPTtByDkHEOIcQ94OQcg5SFL8kSL4oSL8kSL/CJF6kSL/iJF/CJF+6Ei/ZEi/FCRfJEi8UJF0RIvkiRfoiRdyJF/' +
      'CJF2IkXyRIvIiRf+YoKyTKazgfIhagDBnrMAACCAAP/ANtttgKAHPeAShEAijQ0AAABRoaAAAAo0NAAAAJqqieU9U//VVH6o0AAC' +
      'lVU0G/2qqNAGjRp6gqj6gqj8gqjzBVHkTqT2k8SaT3yfCTuT4ydSfKT2k6k0mk8yaTSaTSaTSaT1k0mk0npJpNJpNJpNJzJpNJpN' +
      'JxJpNJpNJpOJNJpNJpNJzJpNJpNJ6SaTSaTSaTSesmk0mk8yaTjExMTExOZOpNJpPEmkyWSyWSyWSyXJYlkslkslkslkvIFUfgFF' +
      'fOTqTqTqTqTqTuTsncnaXJZLJZLJZLJalkslxAyWS8EslkslktSyWS8SBkslkvalkslktSyWS+BAyWSyWRxJpNJiaTSc0qrSaTSa' +
      'TScyaTE0mk4pVXiTSaTSaTSaTqTSaTyQOS5LkuS5LkuS8UuS9iQclyXJclyXJclyXCo5LkuS5LkuS5LkuUiT9Aqj6Aqj9Aqj9gqj' +
      '3Aqj+gqj/Aqj0BVHoCqP4CqPUFUfEFUeIKo9QVR5gqjwBVH+BVHsBVHqCqPICiv+LuSKcKEgikcn8g==',
  ),
];

/** One block of 900,000 bytes that are all runs: about as much as one can expand to. */
export const BOMB = fixture(
  'a bomb',
  45899235,
  '93d7975b14ff523934c1d4b2b3668d836000d60a5227f913e075e413e5ffc0bd',
  'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXF3JFOFCQDgni3w==',
);

export const EMPTY = FIXTURES[0]!.bz2;
