import { CreateDirectorySettingsAndMappings1795450850655 } from './migrations/1795450850655-CreateDirectorySettingsAndMappings.js';

/** Every migration, oldest first. */
export const migrations = [CreateDirectorySettingsAndMappings1795450850655];
