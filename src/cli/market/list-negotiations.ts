import type { ControlClient, NegotiationPageView } from '../../control/index.ts';

type Client = { readonly market: Pick<ControlClient['market'], 'list'> };
type Query = Omit<Parameters<Client['market']['list']>[0], 'limit' | 'cursor'>;

/** As many as the node gives at once. */
const pageSize = 200;

/** So many negotiations, page after page, newest first; with a cursor when there are more. */
export async function listNegotiations(client: Client, query: Query, limit: number): Promise<NegotiationPageView> {
  const negotiations: NegotiationPageView['negotiations'][number][] = [];
  let cursor: string | undefined;
  do {
    const wanted = Math.min(pageSize, limit - negotiations.length);
    const page = await client.market.list({ ...query, limit: wanted, ...(cursor !== undefined && { cursor }) });
    negotiations.push(...page.negotiations);
    cursor = page.cursor;
  } while (cursor !== undefined && negotiations.length < limit);
  return { negotiations, ...(cursor !== undefined && { cursor }) };
}
