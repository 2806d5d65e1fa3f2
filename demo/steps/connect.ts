import type { DemoContext } from '../context.js';

/** Gives the service a key and lets it ask ArrowSphere whose it is. */
export async function connectStep({ arrow, call, made, say, title }: DemoContext): Promise<void> {
  title('Connect an ArrowSphere account');
  const wrong = await call('POST', '/api/admin/arrow/settings/', { api_url: arrow.url, api_key: 'not-a-key' }, 400);
  say(`a wrong key is refused: ${wrong.body.api_key[0]}`);
  const { body } = await call('POST', '/api/admin/arrow/settings/', { api_url: arrow.url, api_key: arrow.apiKey });
  made.set('settings', body.uuid);
  say(`connected as ${body.partner_name} (${body.partner_reference}), key …${body.key_hint}`);
}
