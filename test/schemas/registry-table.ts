/** One request to a registry, and what comes back. */
export interface RegistryRow {
  readonly request: string;
  readonly body?: object;
  /** Of an error, its status and number; else the status and what matters of the body, with ids as #1, #2, … in the order in which they were first seen. */
  readonly answer: string;
  /** What Apicurio 2.6 answers where it is not as Confluent's. */
  readonly apicurio?: string;
}

const job = (...fields: readonly object[]): object => ({
  schema: JSON.stringify({ type: 'record', name: 'Job', fields }),
});
const id = { name: 'id', type: 'string' };
const note = { name: 'note', type: 'string', default: 'x' };
const first = job(id);
const second = job(id, note);
const breaking = job(id, { name: 'who', type: 'string' });
const third = job(id, note, { name: 'more', type: ['null', 'long'], default: null });
const other = job({ name: 'id', type: 'int' });

/** Asked one after the other of a registry that is new. */
export const registryTable: readonly RegistryRow[] = [
  { request: 'PUT /config', body: { compatibility: 'BACKWARD' }, answer: '200 {"compatibility":"BACKWARD"}' },
  { request: 'GET /config', answer: '200 {"compatibilityLevel":"BACKWARD"}' },
  { request: 'GET /subjects/jobs/versions', answer: '404 40401' },
  { request: 'GET /subjects/jobs/versions/1', answer: '404 40401' },
  { request: 'GET /schemas/ids/99999', answer: '404 40403' },
  { request: 'POST /subjects/jobs/versions', body: first, answer: '200 {"id":"#1"}' },
  { request: 'POST /subjects/jobs/versions', body: first, answer: '200 {"id":"#1"}' },
  { request: 'POST /subjects/jobs/versions', body: breaking, answer: '409 409' },
  { request: 'POST /subjects/jobs/versions', body: second, answer: '200 {"id":"#2"}' },
  { request: 'POST /subjects/jobs/versions', body: { schema: '{"type":"recor"}' }, answer: '422 42201' },
  { request: 'POST /subjects/jobs/versions', body: {}, answer: '422 42201', apicurio: '500 0' },
  { request: 'GET /subjects/jobs/versions', answer: '200 [1,2]' },
  { request: 'GET /subjects/jobs/versions/latest', answer: '200 {"id":"#2","subject":"jobs","version":2}' },
  { request: 'GET /subjects/jobs/versions/-1', answer: '200 {"id":"#2","subject":"jobs","version":2}' },
  { request: 'GET /subjects/jobs/versions/9', answer: '404 40402' },
  { request: 'GET /subjects/jobs/versions/x', answer: '422 42202', apicurio: '404 40402' },
  { request: 'GET /subjects/jobs/versions/0', answer: '422 42202', apicurio: '404 40402' },
  { request: 'POST /subjects/jobs', body: first, answer: '200 {"id":"#1","subject":"jobs","version":1}' },
  { request: 'POST /subjects/jobs', body: other, answer: '404 40403' },
  { request: 'POST /subjects/nobody', body: first, answer: '404 40401' },
  { request: 'POST /compatibility/subjects/jobs/versions/latest', body: other, answer: '200 {"is_compatible":false}' },
  { request: 'POST /compatibility/subjects/jobs/versions/latest', body: first, answer: '200 {"is_compatible":true}' },
  { request: 'POST /compatibility/subjects/jobs/versions', body: other, answer: '200 {"is_compatible":false}' },
  { request: 'POST /compatibility/subjects/jobs/versions/9', body: other, answer: '404 40402' },
  {
    request: 'POST /compatibility/subjects/nobody/versions/latest',
    body: other,
    answer: '200 {"is_compatible":true}',
    apicurio: '404 40402',
  },
  {
    request: 'GET /config/jobs',
    answer: '404 40408',
    apicurio: '200 {"compatibilityLevel":"NONE"}',
  },
  {
    request: 'GET /config/jobs?defaultToGlobal=true',
    answer: '200 {"compatibilityLevel":"BACKWARD"}',
    apicurio: '200 {"compatibilityLevel":"NONE"}',
  },
  { request: 'PUT /config/jobs', body: { compatibility: 'NONE' }, answer: '200 {"compatibility":"NONE"}' },
  { request: 'GET /config/jobs', answer: '200 {"compatibilityLevel":"NONE"}' },
  { request: 'PUT /config/jobs', body: { compatibility: 'SOME' }, answer: '422 42203', apicurio: '400 undefined' },
  { request: 'POST /subjects/jobs/versions', body: third, answer: '200 {"id":"#3"}' },
  { request: 'DELETE /config/jobs', answer: '200 {"compatibilityLevel":"NONE"}' },
  { request: 'POST /subjects/more/versions', body: first, answer: '200 {"id":"#1"}' },
  { request: 'DELETE /subjects/jobs/versions/3', answer: '200 3' },
  { request: 'GET /subjects/jobs/versions', answer: '200 [1,2]' },
  { request: 'GET /subjects/jobs/versions/3', answer: '404 40402' },
  { request: 'DELETE /subjects/jobs/versions/3', answer: '404 40406', apicurio: '409 40406' },
  { request: 'DELETE /subjects/jobs/versions/3?permanent=true', answer: '200 3' },
  { request: 'DELETE /subjects/jobs/versions/9', answer: '404 40402' },
  { request: 'DELETE /subjects/more?permanent=true', answer: '404 40405', apicurio: '409 40405' },
  { request: 'DELETE /subjects/more', answer: '200 [1]' },
  { request: 'GET /subjects?subjectPrefix=more', answer: '200 []', apicurio: '200 ["jobs"]' },
  { request: 'GET /subjects?subjectPrefix=more&deleted=true', answer: '200 ["more"]', apicurio: '200 ["jobs","more"]' },
  { request: 'DELETE /subjects/more', answer: '404 40404' },
  { request: 'DELETE /subjects/more?permanent=true', answer: '200 [1]' },
  { request: 'GET /subjects/more/versions', answer: '404 40401' },
  { request: 'DELETE /subjects/more', answer: '404 40401' },
  { request: 'GET /mode', answer: '200 {"mode":"READWRITE"}', apicurio: '404 0' },
  { request: 'PUT /mode', body: { mode: 'READONLY' }, answer: '200 {"mode":"READONLY"}', apicurio: '404 0' },
  { request: 'POST /subjects/late/versions', body: first, answer: '422 42205', apicurio: '200 {"id":"#1"}' },
  { request: 'PUT /mode', body: { mode: 'READWRITE' }, answer: '200 {"mode":"READWRITE"}', apicurio: '404 0' },
  { request: 'PUT /mode', body: { mode: 'SOME' }, answer: '422 42204', apicurio: '404 0' },
];
