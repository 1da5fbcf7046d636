# Thin calls of dotnet, for those who like one entry: ./build.ps1 [restore|build|test|bench|fuzz|pack]. Nothing needs this file.
param([ValidateSet('restore', 'build', 'test', 'bench', 'fuzz', 'pack')] [string] $Target = 'build')
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot
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
    'pack' { dotnet pack -c Release -o artifacts }
}
exit $LASTEXITCODE
