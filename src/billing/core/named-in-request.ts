import { ObjectNotFoundError } from '../../common/http-errors.js';
import type { Resource } from '../../directory/resource.entity.js';
import type { ResourcesService } from '../../directory/resources.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import type { SettingsService } from '../../settings/settings.service.js';
import { NamedNotFoundError, NoSettingsForActionError } from './billing.errors.js';

/** The account that a request means: the one it names, else the active one. Throws `NamedNotFoundError`, `SettingsMissingError`. */
export function settingsMeant(settings: SettingsService, uuid: string | undefined): Promise<Settings> {
  return uuid ? named(settings.get(uuid), `Settings not found: ${uuid}`) : settings.resolve();
}

/** The active account, for requests that cannot name one. Throws `NoSettingsForActionError`. */
export async function activeSettings(settings: SettingsService): Promise<Settings> {
  const active = await settings.findActive();
  if (!active) throw new NoSettingsForActionError();
  return active;
}

/** The resource that a request names. Throws `NamedNotFoundError`. */
export function namedResource(resources: ResourcesService, uuid: string): Promise<Resource> {
  return named(resources.get(uuid), `Resource ${uuid} not found`);
}

async function named<T>(found: Promise<T>, sentence: string): Promise<T> {
  try {
    return await found;
  } catch (error) {
    throw error instanceof ObjectNotFoundError ? new NamedNotFoundError(error.code, sentence) : error;
  }
}
