import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const noEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Read the environment in src/config/env.ts only, and inject Env.',
};
const noForwardRef = {
  selector: "CallExpression[callee.name='forwardRef']",
  message: 'A cycle means the work stands on the wrong rung: move the need down or lift the work up.',
};
const noCanParse = {
  selector: "MemberExpression[object.name='URL'][property.name='canParse']",
  message: 'Node 20 gets letters such as ü wrong after some thousand calls: use src/common/parse-url.ts.',
};
const noFloatMoney = {
  selector: "CallExpression[callee.name='parseFloat']",
  message: 'Money and quantities are decimal strings: use src/common/money.ts.',
};

const ownControllers = {
  name: '@nestjs/common',
  importNames: ['Controller', 'Global'],
  message: 'Use @ApiController, which brings guard and errors along; and import modules where they are used.',
};

export default tseslint.config(
  { ignores: ['dist/**', 'data/**', 'coverage/**', 'bench/results/**', '**/generated/**', 'test/contract/client/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: 'test/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', noEnvironment, noForwardRef, noCanParse, noFloatMoney],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/auth/api-controller.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [ownControllers] }] },
  },
  {
    files: ['src/config/env.ts', 'test/**', 'demo/**', 'bench/**', 'emulator/**', 'deploy/**', 'ormconfig.ts'],
    rules: { 'no-restricted-syntax': ['error', noForwardRef] },
  },
  {
    files: ['test/**', '**/*.spec.ts', 'bench/**', 'demo/**'],
    rules: {
      'max-lines': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: { globals: { process: 'readonly', module: 'writable' } },
  },
);
