import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { runAtOnce } from '../common/time-slices.js';
import { type FreeLicense, suggestLinks, type UnlinkedResource } from './suggest-links.js';
import { processorTime } from '../../test/support/processor-time.js';

const resource = (uuid: string, name: string, offeringName = 'Offering'): UnlinkedResource => ({
  uuid,
  name,
  offeringName,
});
const license = (
  licenseReference: string,
  friendlyName: string | null,
  more: Partial<FreeLicense> = {},
): FreeLicense => ({
  licenseReference,
  friendlyName,
  offerName: 'Microsoft Azure Plan',
  vendorName: 'Microsoft',
  vendorSubscriptionId: null,
  ...more,
});
const suggest = (resources: UnlinkedResource[], licenses: FreeLicense[]) =>
  runAtOnce(suggestLinks(resources, licenses));
const pairs = (resources: UnlinkedResource[], licenses: FreeLicense[]) =>
  Object.fromEntries(
    suggest(resources, licenses).map(({ resourceUuid, licenseReference }) => [resourceUuid, licenseReference]),
  );

describe('suggestLinks', () => {
  it('pairs equal names, and is less than certain of them', () => {
    const [found] = suggest([resource('r1', 'Web shop production')], [license('XSP1', 'Web Shop – Production')]);
    expect(found).toMatchObject({ resourceUuid: 'r1', licenseReference: 'XSP1', confidence: 0.88, ambiguous: false });
    expect(found!.evidence).toEqual([
      { kind: 'friendly_name', arrow: 'Web Shop – Production', waldur: 'Web shop production', weight: 0.88 },
    ]);
  });

  it('is certain of a name that holds the licence reference or the vendor’s subscription', () => {
    const licenses = [
      license('XSP710001', 'nothing alike', { vendorSubscriptionId: '11112222-3333-4444-5555-666677778888' }),
      license('XSP710002', 'Production'),
    ];
    expect(suggest([resource('r1', 'Production (xsp710001)')], licenses)).toMatchObject([
      { licenseReference: 'XSP710001', confidence: 1, evidence: [{ kind: 'license_reference' }] },
    ]);
    expect(suggest([resource('r1', 'Azure 11112222-3333-4444-5555-666677778888')], licenses)).toMatchObject([
      { licenseReference: 'XSP710001', confidence: 1, evidence: [{ kind: 'vendor_subscription_id' }] },
    ]);
  });

  it('does not take a vendor’s subscription that two licences share for an identifier', () => {
    const shared = { vendorSubscriptionId: '400012345678' };
    const found = suggest(
      [resource('r1', 'AWS 400012345678')],
      [license('XSP1', 'One', shared), license('XSP2', 'Two', shared)],
    );
    expect(found).toEqual([]);
  });

  it('chooses the best total, not the first that comes', () => {
    // "Backup" alone would take the first licence; then "Backup Tallinn" had nothing.
    const resources = [resource('r1', 'Backup'), resource('r2', 'Backup Tallinn')];
    const licenses = [license('XSP1', 'Backup Tallinn'), license('XSP2', 'Backup Tartu office')];
    expect(pairs(resources, licenses)).toEqual({ r1: 'XSP2', r2: 'XSP1' });
    expect(pairs([...resources].reverse(), [...licenses].reverse())).toEqual({ r1: 'XSP2', r2: 'XSP1' });
  });

  it('forgives typing errors, and knows words that say little from words that say much', () => {
    const resources = [resource('r1', 'Accounting subscripton'), resource('r2', 'Warehuose plan')];
    const licenses = [license('XSP1', 'Warehouse subscription'), license('XSP2', 'Accounting plan')];
    expect(pairs(resources, licenses)).toEqual({ r1: 'XSP2', r2: 'XSP1' });
  });

  it('lets the offering speak for one of two licences, but not by itself', () => {
    const aws = { offerName: 'Amazon Web Services', vendorName: 'Amazon' };
    const licenses = [license('XSP1', 'Production', aws), license('XSP2', 'Production')];
    const [found] = suggest([resource('r1', 'Production', 'Microsoft Azure')], licenses);
    expect(found).toMatchObject({ licenseReference: 'XSP2' });
    expect(suggest([resource('r1', 'Mail', 'Microsoft Azure')], licenses)).toEqual([]);
  });

  it('says when a person has to choose', () => {
    const found = suggest(
      [resource('r1', 'Production')],
      [license('XSP1', 'Production'), license('XSP2', 'Production')],
    );
    expect(found).toMatchObject([{ ambiguous: true }]);
  });

  it('finds all pairs of thousands, in a time that does not grow with the product of both', async () => {
    const many = (count: number) => {
      const name = (i: number) =>
        `Azure server ${createHash('sha1')
          .update(`${i}`)
          .digest('hex')
          .replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)]!)
          .slice(0, 9)}`;
      const all = Array.from({ length: count }, (_, i) => i);
      const found = suggest(
        all.map((i) => resource(`r${i}`, name(i))),
        all.map((i) => license(`XSP${i}`, `${name(i)} production`)),
      );
      const right = found.filter((one) => one.resourceUuid.slice(1) === one.licenseReference.slice(3));
      expect(right).toHaveLength(count);
    };
    many(200);
    expect(await processorTime(() => many(3_200))).toBeLessThan(30 * (await processorTime(() => many(400))));
  });

  it('suggests one of each where hundreds are equal', () => {
    const all = Array.from({ length: 300 }, (_, i) => i);
    const found = suggest(
      all.map((i) => resource(`r${i}`, i % 2 ? 'Backup Tallinn' : 'Tallinn backup')),
      all.map((i) => license(`XSP${i}`, i % 2 ? 'Backup Tallinn' : 'Tallinn backup')),
    );
    expect(found).toHaveLength(300);
    expect(found.every(({ ambiguous }) => ambiguous)).toBe(true);
  });

  it('suggests each resource and each licence once, whatever the names, in whatever order they come', () => {
    const word = fc.oneof(fc.constantFrom('azure', 'backup', 'plan', 'tallinn', 'prod', 'õ', '🚀'), fc.string());
    const name = fc.array(word, { maxLength: 4 }).map((words) => words.join(' '));
    const names = fc.array(name, { maxLength: 12 });
    fc.assert(
      fc.property(names, names, (resourceNames, licenseNames) => {
        const resources = resourceNames.map((text, i) => resource(`r${i}`, text));
        const licenses = licenseNames.map((text, i) => license(`XSP${i}`, text));
        const found = suggest(resources, licenses);
        expect(new Set(found.map(({ resourceUuid }) => resourceUuid)).size).toBe(found.length);
        expect(new Set(found.map(({ licenseReference }) => licenseReference)).size).toBe(found.length);
        for (const { confidence, evidence } of found) {
          expect(confidence).toBeGreaterThanOrEqual(0.4);
          expect(confidence).toBeLessThanOrEqual(1);
          expect(evidence.length).toBeGreaterThan(0);
        }
        expect(suggest([...resources].reverse(), [...licenses].reverse())).toEqual(found);
      }),
      { numRuns: 300 },
    );
  });
});
