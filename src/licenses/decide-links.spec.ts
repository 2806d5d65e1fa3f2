import * as fc from 'fast-check';
import type { ArrowLicense } from '../arrow-gateway/arrow-gateway.js';
import type { Offering } from '../directory/offering.entity.js';
import type { Project } from '../directory/project.entity.js';
import type { Resource } from '../directory/resource.entity.js';
import {
  changesSomething,
  decide,
  type LinkFacts,
  resourceName,
  type Verdict,
  type LicenseCommand,
} from './decide-links.js';
import { LicenseUnknownError } from './licenses.errors.js';

const US = 'organisation';
const resource = (uuid: string, fields: Partial<Resource> = {}) =>
  ({
    uuid,
    name: uuid,
    backendId: '',
    state: 'OK',
    projectUuid: 'p1',
    offeringUuid: 'o1',
    project: { customerUuid: US },
    ...fields,
  }) as Resource;

function facts(resources: Resource[]): LinkFacts {
  const live = resources.filter(({ backendId, state }) => backendId !== '' && state !== 'Terminated');
  return {
    customerUuid: US,
    besideWaldur: false,
    underWay: new Map(),
    resources: new Map(resources.map((one) => [one.uuid, one])),
    offerings: new Map([['o1', { uuid: 'o1', name: 'Azure', state: 'Active' } as Offering]]),
    projects: new Map([['p1', { uuid: 'p1', name: 'Cloud', customerUuid: US } as Project]]),
    holders: new Map(live.map((one) => [one.backendId, one])),
  };
}

const link = (resourceUuid: string, license: string): LicenseCommand => ({ kind: 'link', resourceUuid, license });
const unlink = (resourceUuid: string): LicenseCommand => ({ kind: 'unlink', resourceUuid });
const importing = (license: string): LicenseCommand => ({
  kind: 'import',
  license,
  offeringUuid: 'o1',
  projectUuid: 'p1',
});
const outcomes = (on: LinkFacts, commands: LicenseCommand[], verdicts?: Map<string, Verdict>) =>
  decide(on, commands, verdicts).map((decision) =>
    decision.outcome === 'refused' ? decision.error.code : decision.outcome,
  );

describe('decide', () => {
  it('lets a resource have the licence that it carries in another spelling, and no other', () => {
    const on = facts([resource('a', { backendId: 'xsp1' }), resource('b')]);
    const spelled = { ...on, holders: new Map([['XSP1', on.resources.get('a')!]]) };
    expect(outcomes(spelled, [link('a', 'XSP1'), link('a', 'XSP1'), link('b', 'XSP1')])).toEqual([
      'relink',
      'unchanged',
      'license_linked_elsewhere',
    ]);
  });

  it('lets each command see what those before it did', () => {
    const on = facts([resource('a', { backendId: 'L1' }), resource('b')]);
    expect(outcomes(on, [link('b', 'L1'), unlink('a'), link('b', 'L1'), importing('L1'), unlink('a')])).toEqual([
      'license_linked_elsewhere',
      'relink',
      'relink',
      'license_already_imported',
      'unchanged',
    ]);
  });

  it('keeps a licence that was refused by ArrowSphere free for nobody, and those after it unharmed', () => {
    const verdicts = new Map<string, Verdict>([
      ['L1', { kind: 'denied', error: new LicenseUnknownError('L1') }],
      ['L2', { kind: 'confirmed', license: {} as ArrowLicense }],
      ['L3', { kind: 'unasked', why: 'It was down.' }],
    ]);
    const on = facts([resource('a'), resource('b')]);
    expect(outcomes(on, [link('a', 'L1'), importing('L1'), link('a', 'L2'), importing('L3')], verdicts)).toEqual([
      'license_unknown',
      'license_unknown',
      'relink',
      'create',
    ]);
  });

  it('knows whose a resource is, and whether it is alive', () => {
    const foreign = resource('foreign', { project: { customerUuid: 'others' } as Project });
    const ended = resource('ended', { state: 'Terminated', backendId: 'L1' });
    const on = facts([foreign, ended]);
    expect(outcomes(on, [link('foreign', 'L1'), link('none', 'L1'), link('ended', 'L1'), unlink('ended')])).toEqual([
      'resource_not_of_customer',
      'resource_not_of_customer',
      'resource_terminated',
      'relink',
    ]);
    expect(outcomes(on, [importing('L1')])).toEqual(['create']);
  });

  it('cuts the name of an imported resource by characters, not in the middle of one', () => {
    expect(resourceName({ license: 'L', name: undefined })).toBe('L');
    expect(resourceName({ license: '🚀'.repeat(200) })).toBe('🚀'.repeat(150));
  });

  it('never leaves a licence on two live resources, and decides the same when nothing is left to do', () => {
    const uuids = ['a', 'b', 'c', 'd'];
    const licenses = ['L1', 'L2', 'L3'];
    const command = fc.oneof(
      fc.tuple(fc.constantFrom(...uuids), fc.constantFrom(...licenses)).map(([uuid, license]) => link(uuid, license)),
      fc.constantFrom(...uuids).map(unlink),
      fc.constantFrom(...licenses).map(importing),
    );
    const start = fc
      .shuffledSubarray(licenses)
      .map((held) => uuids.map((uuid, i) => resource(uuid, { backendId: held[i] ?? '' })));
    fc.assert(
      fc.property(start, fc.array(command, { maxLength: 12 }), (resources, commands) => {
        const decisions = decide(facts(resources), commands);
        const carried = new Map(resources.map(({ uuid, backendId }) => [uuid, backendId]));
        const created: string[] = [];
        for (const decision of decisions.filter(changesSomething)) {
          if (decision.outcome === 'create') created.push(decision.command.license);
          else {
            expect(decision.previous).toBe(carried.get(decision.resource.uuid));
            carried.set(decision.resource.uuid, decision.license);
          }
          const held = [...carried.values(), ...created].filter(Boolean);
          expect(new Set(held).size).toBe(held.length);
        }
      }),
    );
  });
});
