const common = {
  testEnvironment: 'node',
  transform: { '^.+\\.[jt]s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } }] },
  extensionsToTreatAsEsm: [],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  resetMocks: false,
}

/** @type {import('jest').Config} */
export default {
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts'],
  reporters: ['default', '<rootDir>/test/support/skip-reporter.cjs'],
  testTimeout: 30_000,
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/**/*.test.ts'], setupFiles: ['<rootDir>/test/support/seed.ts'], testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/(kernel|oracle)/'] },
    {
      ...common,
      displayName: 'kernel',
      testMatch: ['<rootDir>/test/kernel/**/*.test.ts', '<rootDir>/test/oracle/**/*.test.ts'],
      setupFiles: ['<rootDir>/test/support/seed.ts', '<rootDir>/test/support/fresh-netns.ts'],
    },
  ],
}
