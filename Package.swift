// swift-tools-version: 6.2
// Gatehouse. SPDX-License-Identifier: Apache-2.0

// Targets are listed in the order in which they may import each other: a target imports only what stands above it.
// docs/architecture.md says what each one is for.

import PackageDescription

// `contrib/test` sets GATEHOUSE_STRICT: warnings are errors for us, never for somebody who only builds a release.
let strict = Context.environment["GATEHOUSE_STRICT"] != nil

// Sanitizer builds set GATEHOUSE_WITHOUT_LAB: they drive a lab that is already built.
let withLab = Context.environment["GATEHOUSE_WITHOUT_LAB"] == nil

let swiftSettings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let cSettings: [CSetting] = strict ? [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])] : []

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: swiftSettings)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

var package = Package(
    name: "Gatehouse",
    products: [
        .executable(name: "gatehoused", targets: ["gatehoused"]),
        .executable(name: "gatehouse", targets: ["gatehouse"]),
        .library(name: "GatehouseClient", targets: ["GatehouseClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // C. Each system library is imported by exactly one module.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        // libcurl4-openssl-dev has its headers; the library itself is loaded with the first transfer.
        .target(name: "CCurl", cSettings: cSettings, linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "CPlatform", cSettings: cSettings),
        .target(name: "CSchemas", cSettings: cSettings),

        // Shared by both sides of the socket.
        module("GatehouseWire", []),
        module("GatehouseAPI", ["CSchemas", "GatehouseWire"]),
        module("GatehousePlatform", ["CPlatform"]),

        // The daemon.
        module("GatehouseTransfer", ["CCrypto", "CCurl", "GatehousePlatform"]),
        tests(
            "GatehouseTransferTests",
            ["GatehousePlatform", "GatehouseTransfer"],
            resources: [.copy("Fixtures")]
        ),
        module("GatehouseAntivirus", ["GatehouseAPI", "GatehousePlatform", "GatehouseTransfer", "GatehouseWire"]),
        module(
            "GatehouseSecurityCenter",
            ["GatehouseAPI", "GatehousePlatform", "GatehouseTransfer", "GatehouseWire"]
        ),
        tests(
            "GatehouseSecurityCenterTests",
            [
                "GatehouseAPI", "GatehousePlatform", "GatehouseSecurityCenter", "GatehouseTransfer", "GatehouseWire",
            ]
        ),
        module("GatehouseServer", ["GatehouseAPI", "GatehousePlatform", "GatehouseWire"]),
        module(
            "GatehouseDaemon",
            [
                "CSystemd", "CYAML", "GatehouseAPI", "GatehouseAntivirus", "GatehousePlatform",
                "GatehouseSecurityCenter",
                "GatehouseServer", "GatehouseTransfer", "GatehouseWire",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        program("gatehoused", ["GatehouseDaemon"]),
        tests("GatehouseServerTests", ["GatehouseAPI", "GatehousePlatform", "GatehouseServer", "GatehouseWire"]),
        tests("GatehousePlatformTests", ["CPlatform", "GatehousePlatform"]),
        tests(
            "GatehouseAntivirusTests",
            ["GatehouseAntivirus", "GatehousePlatform", "GatehouseTransfer", "GatehouseWire"]
        ),

        // Its callers.
        module("GatehouseClient", ["GatehouseAPI", "GatehousePlatform", "GatehouseWire"]),
        module(
            "GatehouseCommands",
            ["GatehouseAPI", "GatehouseClient", "GatehousePlatform", "GatehouseWire", argumentParser]
        ),
        program("gatehouse", ["GatehouseCommands"]),

        // A tool of this repository: what is generated from the schemas and the command lines.
        program(
            "gatehouse-reference",
            ["GatehouseAPI", "GatehouseCommands", "GatehouseDaemon", "GatehouseWire", argumentParser]
        ),

        // A tool of contrib/bench.
        .executableTarget(
            name: "validation-benchmark",
            dependencies: ["GatehouseAPI", "GatehouseWire"],
            path: "Benchmarks/validation",
            swiftSettings: swiftSettings,
            // Nothing in it imports Glibc, which would bring libm in.
            linkerSettings: [.linkedLibrary("m")]
        ),

        .target(
            name: "FakeDaemon",
            dependencies: ["CPlatform", "GatehouseAPI", "GatehousePlatform", "GatehouseWire"],
            path: "Tests/FakeDaemon",
            swiftSettings: swiftSettings
        ),
        tests(
            "GatehouseClientTests",
            ["FakeDaemon", "GatehouseAPI", "GatehouseClient", "GatehousePlatform", "GatehouseWire"]
        ),
        tests(
            "GatehouseCommandsTests",
            [
                "FakeDaemon", "GatehouseAPI", "GatehouseClient", "GatehouseCommands", "GatehousePlatform",
                "GatehouseWire", "gatehouse",
            ]
        ),

        tests("GatehouseAPITests", ["GatehouseAPI", "GatehouseWire"], resources: [.copy("Fixtures")]),
        tests(
            "GatehouseConfigurationTests",
            [
                "GatehouseAPI", "GatehouseAntivirus", "GatehouseCommands", "GatehouseDaemon", "GatehousePlatform",
                "GatehouseWire",
            ]
        ),
        tests(
            "GatehouseDaemonTests",
            [
                "CPlatform", "GatehouseAPI", "GatehouseAntivirus", "GatehouseDaemon", "GatehousePlatform",
                "GatehouseSecurityCenter", "GatehouseServer", "GatehouseTransfer", "GatehouseWire",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        tests("GatehouseWireTests", ["GatehouseWire"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu2x
)

let integrationTests = tests(
    "IntegrationTests",
    ["CPlatform", "FakeDaemon", "GatehouseAPI", "GatehousePlatform", "GatehouseWire", "gatehouse", "gatehoused"],
    resources: [.copy("Fixtures")]
)
package.targets.append(integrationTests)

if withLab {
    integrationTests.dependencies.append("gatehouse-lab")
    package.products.append(.executable(name: "gatehouse-lab", targets: ["gatehouse-lab"]))
    package.dependencies += [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ]
    package.targets += [
        // The stand-in for the servers. It imports nothing of ours, so that one misreading cannot hide in both.
        module("GatehouseLab", []),
        program(
            "gatehouse-lab",
            [
                "GatehouseLab", argumentParser,
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        tests("GatehouseLabTests", ["GatehouseLab", "gatehouse-lab"], resources: [.copy("Fixtures")]),
    ]
}
