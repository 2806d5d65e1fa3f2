/** A Fastify route with nothing around it that counts and reads customer mappings: what the service's list is compared with. */
import fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const app = fastify();
app.get('/mappings', async (_request, reply) => {
  const { rows: counted } = await pool.query<{ count: string }>('SELECT count(*) AS count FROM customer_mapping');
  const { rows } = await pool.query(
    `SELECT customer_mapping.*, customer.name AS customer_name, arrow_settings.partner_name
     FROM customer_mapping
     JOIN customer ON customer.uuid = customer_mapping.waldur_customer_uuid
     JOIN arrow_settings ON arrow_settings.uuid = customer_mapping.settings_uuid
     ORDER BY customer_mapping.created DESC LIMIT 10`,
  );
  return reply.header('X-Result-Count', counted[0]!.count).send(rows);
});
await app.listen({ port: 0, host: '127.0.0.1' });
const { port } = app.server.address() as { port: number };
process.stdout.write(`Listening on http://127.0.0.1:${port}\n`);
