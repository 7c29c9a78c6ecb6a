// The globals of jest, for the tests alone: the sources are built without them (tsconfig.json: types).
/// <reference types="jest" />
