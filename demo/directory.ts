import {
  waldurCustomer,
  waldurOffering,
  waldurPlan,
  waldurProject,
  waldurResource,
} from '../emulator/waldur/waldur-data.js';
import type { WaldurStandIn } from '../emulator/waldur/waldur-stand-in.js';
import type { DemoContext, DemoDirectory } from './context.js';

/** The directory of the service itself. */
export function keptHere(call: DemoContext['call']): DemoDirectory {
  const make = async (path: string, body: object) => (await call('POST', path, body, 201)).body.uuid as string;
  return {
    organisation: (name) => make('/api/customers/', { name }),
    project: (name, customer) => make('/api/projects/', { name, customer }),
    offering: (name) => make('/api/marketplace-provider-offerings/', { name }),
    plan: (name, offering) => make('/api/marketplace-plans/', { name, offering }),
    resource: (name, project, offering) => make('/api/marketplace-resources/', { name, project, offering }),
    read: () => Promise.resolve(),
  };
}

/** When a row was made and last changed, as Waldur writes it. */
const madeNow = () => {
  const at = new Date().toISOString().replace('Z', '000+00:00');
  return { created: at, modified: at };
};

/** That of a Waldur, which the service copies. */
export function keptInWaldur(
  { data }: WaldurStandIn,
  { say, finish }: Pick<DemoContext, 'say' | 'finish'>,
): DemoDirectory {
  const find = <Row extends { uuid: string }>(rows: Row[], uuid: string) => rows.find((row) => row.uuid === uuid)!;
  const add = <Row extends { uuid: string }>(rows: Row[], row: Row) => {
    rows.push(row);
    return Promise.resolve(row.uuid);
  };
  return {
    organisation: (name) => add(data.customers, waldurCustomer({ name, country: '', ...madeNow() })),
    project: (name, customer) =>
      add(data.projects, waldurProject(find(data.customers, customer), { name, ...madeNow() })),
    offering: (name) => add(data.offerings, waldurOffering({ name, ...madeNow() })),
    plan: (name, offering) =>
      add(find(data.offerings, offering)['plans'] as { uuid: string }[], waldurPlan({ name, ...madeNow() })),
    resource: (name, project, offering) =>
      add(
        data.resources,
        waldurResource(find(data.projects, project), find(data.offerings, offering), { name, ...madeNow() }),
      ),
    read: async () => {
      const job = await finish('/api/admin/arrow/directory/sync/', {});
      const lists = {
        customers: 'organisations',
        projects: 'projects',
        offerings: 'offerings and plans',
        resources: 'resources',
      };
      const created = Object.entries(lists).flatMap(([list, name]) => {
        const count = job.result[list]?.created as number;
        return count ? [`${count} ${name}`] : [];
      });
      say(`read from Waldur: ${job.state}, new are ${created.join(', ')}`);
    },
  };
}
