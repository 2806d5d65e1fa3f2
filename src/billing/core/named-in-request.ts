import { ObjectNotFoundError } from '../../common/http-errors.js';
import type { Resource } from '../../directory/resource.entity.js';
import type { ResourcesService } from '../../directory/resources.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import type { SettingsService } from '../../settings/settings.service.js';
import { NamedNotFoundError } from './billing.errors.js';

/** The account that a request names. Throws `NamedNotFoundError`. */
export function namedSettings(settings: SettingsService, uuid: string): Promise<Settings> {
  return named(settings.get(uuid), `Settings not found: ${uuid}`);
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
