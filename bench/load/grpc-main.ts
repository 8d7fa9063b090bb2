/** The load generator's own process for gRPC: one plan in the first argument, one result on stdout. */
import { generateGrpcLoad } from './generate-grpc-load.ts';
import type { GrpcPlan } from './grpc-plan.ts';

const plan = JSON.parse(process.argv[2] ?? '{}') as GrpcPlan;
process.stdout.write(JSON.stringify(await generateGrpcLoad(plan)));
