export { MAX_BLOCK_BYTES } from './block-decoder.js';
