import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findImports } from './scan-imports.ts';

test('every form of an import is seen', () => {
  const source = [
    'import os, fastapi as web',
    'from pydantic.fields import Field',
    'def late():',
    '    import grpc.aio',
    'from google import protobuf',
    'import uvicorn # the server',
  ].join('\n');
  assert.deepEqual([...findImports(source)].sort(), ['fastapi', 'google.protobuf', 'grpc', 'pydantic', 'uvicorn']);
});

test('what only looks like one is not', () => {
  const source = [
    '# import fastapi',
    'text = "import grpc"',
    'from .fastapi import app',
    'import fastapi_utils',
    'import google.auth',
    'from mine import pydantic',
  ].join('\n');
  assert.deepEqual([...findImports(source)], []);
});
