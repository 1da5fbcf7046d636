# Thin calls of dotnet, for those who like one entry: ./build.ps1 [restore|build|test|bench|fuzz|pack|publish|image]. Nothing needs this file.
# pack, publish and image make what is released: docs/releasing.md.
param(
    [ValidateSet('restore', 'build', 'test', 'bench', 'fuzz', 'pack', 'publish', 'image')] [string] $Target = 'build',
    [string] $Suffix = '', # of the version, such as preview.1
    [string] $ProjectUrl = '' # the page and repository that packages name
)
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot
$release = @('-c', 'Release', '-p:ContinuousIntegrationBuild=true', "-p:VersionSuffix=$Suffix", "-p:ProjectUrl=$ProjectUrl")
switch ($Target) {
    'restore' { dotnet restore }
    'build' { dotnet build -c Release }
    'test' { dotnet test }
    'bench' {
        dotnet run -c Release --project tests/Akka.Mqtt.Benchmarks -- --filter '*Codec*'
        dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- loopback
        dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- idle
        dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- churn
    }
    'fuzz' { dotnet run -c Release --project tests/Akka.Mqtt.Fuzz -- --inputs 10000000 --seed 1 }
    'pack' { dotnet pack src/packages.proj @release -o artifacts/packages }
    'publish' {
        foreach ($system in 'linux-x64', 'linux-arm64', 'win-x64') {
            dotnet publish src/Akka.Mqtt.Cli @release -r $system -p:PublishSingleFile=true -o artifacts/publish/$system
            if ($LASTEXITCODE -ne 0) { break }
        }
    }
    'image' { docker build -t akka-mqtt . }
}
exit $LASTEXITCODE
