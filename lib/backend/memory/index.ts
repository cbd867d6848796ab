export { MemoryBackend } from './backend.js';
