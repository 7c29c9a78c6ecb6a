import { IPSet } from '../../src/index.js'
import { describeKernel } from '../support/kernel.js'

describeKernel('a set on the kernel', () => {
  test('is made, filled, listed and removed', async () => {
    await using ipset = new IPSet()
    await ipset.create('web', { stype: 'hash:net,port' })
    await ipset.add('web', '10.0.0.0/8,tcp:80')
    const entries = []
    for await (const { entry } of ipset.entries('web')) entries.push(entry)
    expect(entries).toEqual(['10.0.0.0/8,tcp:80'])
    await ipset.destroy('web')
    expect(await ipset.names()).toEqual([])
  })
})
