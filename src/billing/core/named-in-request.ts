import { ResourceNotFoundError } from '../../directory/directory.errors.js';
import type { Resource } from '../../directory/resource.entity.js';
import type { ResourcesService } from '../../directory/resources.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import { SettingsNotFoundError } from '../../settings/settings.errors.js';
import type { SettingsService } from '../../settings/settings.service.js';
import { NamedResourceNotFoundError, NamedSettingsNotFoundError } from './billing.errors.js';

/** The account that a request names. Throws `NamedSettingsNotFoundError`. */
export async function namedSettings(settings: SettingsService, uuid: string): Promise<Settings> {
  try {
    return await settings.get(uuid);
  } catch (error) {
    throw error instanceof SettingsNotFoundError ? new NamedSettingsNotFoundError(uuid) : error;
  }
}

/** The resource that a request names. Throws `NamedResourceNotFoundError`. */
export async function namedResource(resources: ResourcesService, uuid: string): Promise<Resource> {
  try {
    return await resources.get(uuid);
  } catch (error) {
    throw error instanceof ResourceNotFoundError ? new NamedResourceNotFoundError(uuid) : error;
  }
}
