using System.Diagnostics;
using System.Reflection;

namespace Akka.Mqtt.Interop.Tests;

/// <summary>The programs of others that these tests run.</summary>
internal static class Tools
{
    /// <summary>The folder of the MQTT.js programs.</summary>
    public static string JavaScript { get; } =
        typeof(Tools).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(each => each.Key == "InteropJs").Value!;

    /// <summary>Why tests with mosquitto's clients cannot run; null when they can.</summary>
    public static string? MosquittoMissing { get; } =
        IsInstalled("mosquitto_sub") && IsInstalled("mosquitto_pub") ? null : "mosquitto_sub and mosquitto_pub are not installed (Debian: mosquitto-clients).";

    /// <summary>Why tests with MQTT.js cannot run; null when they can.</summary>
    public static string? MqttJsMissing { get; } =
        !IsInstalled("node") ? "node is not installed."
        : !Directory.Exists(Path.Combine(JavaScript, "node_modules", "mqtt")) ? "MQTT.js is not installed: npm ci in tests/interop-js."
        : null;

    /// <summary>Starts a program with its output to be read.</summary>
    public static Process Start(string program, params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Runs a program to its end; it must succeed.</summary>
    public static async Task<string> RunAsync(string program, params IEnumerable<string> arguments)
    {
        using var process = Start(program, arguments);
        return await OutputAsync(process);
    }

    /// <summary>What a program that ends by itself has printed; it must succeed.</summary>
    public static async Task<string> OutputAsync(Process process)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {output} {await errors}");
        return output;
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}

/// <summary>A theory that is counted as skipped where mosquitto's clients are not installed.</summary>
internal sealed class MosquittoTheoryAttribute : TheoryAttribute
{
    public MosquittoTheoryAttribute() => Skip = Tools.MosquittoMissing!;
}

/// <summary>A theory that is counted as skipped where MQTT.js is not installed.</summary>
internal sealed class MqttJsTheoryAttribute : TheoryAttribute
{
    public MqttJsTheoryAttribute() => Skip = Tools.MqttJsMissing!;
}
