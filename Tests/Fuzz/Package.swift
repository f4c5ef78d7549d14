// swift-tools-version: 6.2
// Gatehouse. SPDX-License-Identifier: Apache-2.0

// Feeds the parsers that see a peer's bytes with input that libFuzzer makes up. A package of its own, because everything
// in it is built with `-parse-as-library` and the sanitizers; the modules are the product's own, by symbolic links.
//
//     swift build -c release --sanitize=fuzzer --sanitize=address --disable-dead-strip
//     .build/release/FuzzWire -dict=wire.dict -max_total_time=60
//
// Without `--disable-dead-strip` the linker drops the counters of a release build, and libFuzzer learns nothing.

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "Fuzz",
    targets: [
        .target(name: "GatehouseWire", swiftSettings: swiftSettings),
        .executableTarget(
            name: "FuzzWire",
            dependencies: ["GatehouseWire"],
            // libFuzzer brings the main function.
            swiftSettings: swiftSettings + [.unsafeFlags(["-parse-as-library"])]
        ),
    ],
    swiftLanguageModes: [.v6]
)
