/**
 * Runs a Node package as a worker: started by the node with the package's folder as working directory and a socket as file
 * descriptor 3. docs/worker-protocol.md is what passes over it.
 */
import { Socket } from 'node:net';
import { Host } from './host.js';

new Host(new Socket({ fd: 3, readable: true, writable: true }));
