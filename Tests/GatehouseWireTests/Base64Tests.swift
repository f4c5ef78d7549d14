// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `the vectors of RFC 4648 section 10 hold in both directions`(_ text: String, _ encoded: String) {
        #expect(String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test func `every byte comes back from every place`() {
        for byte in UInt8.min...UInt8.max {
            for count in 1...7 {
                let bytes = [UInt8](repeating: byte, count: count)
                #expect(Base64.decode(String(decoding: Base64.encode(bytes), as: UTF8.self)) == bytes)
            }
        }
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v=", "=Zm9", "Zm=v", "Z===", "====", "Zm9v\n", "Zm 9", "Zm-v",
        "Zm_v", "Zm9v Zm9v", "Zm9é", "Zg==Zg==", "*m9v", "Z*9v", "Zm*v", "Zm9*", "Zm9vZ*==", "Zm9vZm*=",
    ])
    func `anything else is refused`(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
