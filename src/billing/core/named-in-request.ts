import type { Type } from '@nestjs/common';
import { ResourceNotFoundError } from '../../directory/directory.errors.js';
import type { Resource } from '../../directory/resource.entity.js';
import type { ResourcesService } from '../../directory/resources.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import { SettingsNotFoundError } from '../../settings/settings.errors.js';
import type { SettingsService } from '../../settings/settings.service.js';
import { NamedResourceNotFoundError, NamedSettingsNotFoundError, NoSettingsForActionError } from './billing.errors.js';

/**
 * The account that a request means: the one it names, else the active one. Throws `NamedSettingsNotFoundError`,
 * `SettingsMissingError`.
 */
export function settingsMeant(settings: SettingsService, uuid: string | null | undefined): Promise<Settings> {
  if (!uuid) return settings.resolve();
  return settings.get(uuid).catch(instead(SettingsNotFoundError, new NamedSettingsNotFoundError(uuid)));
}

/** The active account, for requests that cannot name one. Throws `NoSettingsForActionError`. */
export async function activeSettings(settings: SettingsService): Promise<Settings> {
  const active = await settings.findActive();
  if (!active) throw new NoSettingsForActionError();
  return active;
}

/** The resource that a request names. Throws `NamedResourceNotFoundError`. */
export function namedResource(resources: ResourcesService, uuid: string): Promise<Resource> {
  return resources.get(uuid).catch(instead(ResourceNotFoundError, new NamedResourceNotFoundError(uuid)));
}

const instead = (missing: Type<Error>, named: Error) => (error: unknown) => {
  throw error instanceof missing ? named : error;
};
