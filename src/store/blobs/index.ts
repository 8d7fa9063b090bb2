export { openFolderBlobs } from './folder-blobs.ts';
