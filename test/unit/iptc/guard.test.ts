import { Guarded } from '../../../src/iptc/guard.js'
import { Rule, Rule6 } from '../../../src/iptc/index.js'
import { inputErrorOf } from './errors.js'

class Lamp extends Guarded {
  color = 'white'
  #watts = 0

  get watts(): number {
    return this.#watts
  }
  set watts(watts: number) {
    this.#watts = watts
  }

  override unknownProperty(name: string): string {
    return `a lamp has no '${name}'`
  }
}

describe('what is guarded', () => {
  test('takes assignments to its fields and its setters', () => {
    const lamp = new Lamp()
    lamp.color = 'red'
    lamp.watts = 5
    expect([lamp.color, lamp.watts]).toEqual(['red', 5])
  })

  test.each<[name: string | symbol | number]>([['colour'], ['Watts'], ['__proto'], [7], [Symbol('x')]])('throws for any other: %s', (name) => {
    const lamp = new Lamp()
    const error = inputErrorOf(() => Object.assign(lamp, { [name]: 1 }))
    expect(error.message).toBe(`a lamp has no '${String(name)}'`)
    expect(Reflect.ownKeys(lamp)).toEqual(['color'])
  })

  test('throws for what inherits from it too', () => {
    class Small extends Lamp {
      size = 1
    }
    const small = new Small()
    small.size = 2
    inputErrorOf(() => Object.assign(small, { sice: 3 }))
    inputErrorOf(() => Object.assign(Object.create(small) as object, { sice: 3 }))
  })

  test('is an object as others are: unknown properties read as undefined, and methods of objects are there', () => {
    const lamp = new Lamp() as Lamp & Record<string, unknown>
    expect([lamp.colour, 'colour' in lamp, Object.hasOwn(lamp, 'color'), lamp instanceof Lamp, lamp instanceof Object]).toEqual([undefined, false, true, true, true])
    expect(String(Object.prototype.toString.call(lamp))).toBe('[object Object]')
    expect(lamp.toString()).toBe('[object Object]')
  })

  test('leaves objects that are none of its own alone', () => {
    const plain: Record<string, unknown> = {}
    plain.anything = 1
    expect(plain).toEqual({ anything: 1 })
  })
})

describe('a rule', () => {
  test.each(['dport', 'in_interface', 'in_interfce', 'sport', 'Src', 'source', 'jump', '__proto', 'length'])('has no property %s, and says so when it is assigned', (name) => {
    for (const rule of [new Rule(), new Rule6()]) {
      expect(inputErrorOf(() => Object.assign(rule, { [name]: 'x' })).message).toContain(`a rule has no '${name}'`)
      expect(inputErrorOf(() => new Rule({ [name]: 'x' })).message).toContain(`a rule has no '${name}'`)
      expect(String(rule)).toBe('')
    }
  })

  test('suggests the name that was meant', () => {
    expect(inputErrorOf(() => Object.assign(new Rule(), { in_interface: 'eth0' })).message).toMatch(/did you mean 'inInterface'\?$/)
    expect(inputErrorOf(() => Object.assign(new Rule(), { dport: '80' })).message).toMatch(/rule\.createMatch\('tcp', \{ dport: '22' \}\)$/)
  })
})
