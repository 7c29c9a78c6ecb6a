// Gives the modules of the reference the names that programs import them by.
import { Converter, ReflectionKind } from 'typedoc'

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      if (module.parent !== project) continue
      module.name = module.name === 'index' ? project.name : `${project.name}/${module.name}`
    }
  })
}
