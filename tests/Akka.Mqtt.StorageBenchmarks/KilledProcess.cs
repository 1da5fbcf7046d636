using System.Diagnostics;
using System.Net;

namespace Akka.Mqtt.StorageBenchmarks;

/// <summary><c>akka-mqtt serve</c> in a process of its own, killed with SIGKILL.</summary>
/// <param name="program">The path of akka-mqtt.dll.</param>
/// <param name="place">A data directory, or a connection string of PostgreSQL.</param>
internal sealed class KilledProcess(string program, string place) : ICrashedServer
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private Process? _process;

    /// <summary>The process that runs; null for none.</summary>
    public int? Id => _process?.Id;

    /// <inheritdoc/>
    public async Task<IPEndPoint> StartAsync()
    {
        var info = new ProcessStartInfo(
            "dotnet",
            [
                program, "serve", "--port", "0", "--warm-up", "0", place.Contains('=', StringComparison.Ordinal) ? "--database" : "--data", place,
                // A full queue drops messages, and says so; here none may be full.
                "--set", "max-queued-messages = 10000000", "--set", "max-queued-bytes = 2 GiB",
            ])
        {
            RedirectStandardOutput = true,
        };
        _process = Process.Start(info)!;
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        if (line is null || !line.StartsWith("ready ", StringComparison.Ordinal))
            throw new InvalidOperationException($"the server did not start: {line}");
        _ = _process.StandardOutput.ReadToEndAsync();
        return new IPEndPoint(IPAddress.Loopback, new Uri(line.Split(' ')[1]).Port);
    }

    /// <inheritdoc/>
    public async Task KillAsync()
    {
        if (_process is not { } process)
            return;
        _process = null;
        using (process)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }
}
