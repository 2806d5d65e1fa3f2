for (const [name, load] of globalThis.sharedModules) import.meta.jest.unstable_mockModule(name, load);
