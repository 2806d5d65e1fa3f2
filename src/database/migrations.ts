import { CreateDirectorySettingsAndMappings1795450850655 } from './migrations/1795450850655-CreateDirectorySettingsAndMappings.js';
import { AddVendorOfferingMappings1795452096500 } from './migrations/1795452096500-AddVendorOfferingMappings.js';
import { AddLicenseLinks1795452834364 } from './migrations/1795452834364-AddLicenseLinks.js';

/** Every migration, oldest first. */
export const migrations = [
  CreateDirectorySettingsAndMappings1795450850655,
  AddVendorOfferingMappings1795452096500,
  AddLicenseLinks1795452834364,
];
