using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>An <c>akka-mqtt serve</c> that is a node of a cluster: it is killed and started again, or stopped for a while.</summary>
/// <param name="number">Which of the nodes.</param>
/// <param name="settings">The file with its settings.</param>
/// <param name="database">The PostgreSQL database that all nodes share; null for none.</param>
internal sealed class ClusterNode(int number, string settings, string? database = null) : IDisposable
{
    private const int KeptLog = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly StringBuilder _log = new();
    private Process? _process;

    public int Number => number;

    public int ClusterPort { get; } = FreePort();

    public IPEndPoint Address { get; private set; } = new(IPAddress.Loopback, 0);

    public bool IsAlive => _process is { HasExited: false };

    /// <summary>Memory that the process has now.</summary>
    public long ResidentBytes
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Whether its process runs, and how it ended if not.</summary>
    public string State => _process switch
    {
        null => "its process was not started",
        { HasExited: true } ended => $"its process has ended with exit code {ended.ExitCode}", // 137: killed, by this test or for want of memory
        _ => "its process runs",
    };

    /// <summary>The end of what it has logged.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString(Math.Max(0, _log.Length - 2000), Math.Min(2000, _log.Length));
        }
    }

    /// <summary>Starts the process, and waits until clients can connect.</summary>
    /// <param name="others">Nodes that are in the cluster; none begins a cluster.</param>
    public async Task StartAsync(IEnumerable<ClusterNode> others)
    {
        List<string> arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "akka-mqtt.dll"), "serve", settings, "--port", "0", "--warm-up", "0",
            "--cluster-port", ClusterPort.ToString(CultureInfo.InvariantCulture),
        ];
        if (database is not null)
            arguments.AddRange(["--database", database]);
        foreach (var other in others)
            arguments.AddRange(["--seed", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{other.ClusterPort}")]);
        _process?.Dispose();
        _process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
        var ready = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        if (ready is null || !ready.StartsWith("ready ", StringComparison.Ordinal))
            throw new IOException($"node {number} did not start: {ready} {Log}");
        Address = new IPEndPoint(IPAddress.Loopback, new Uri(ready.Split(' ')[1]).Port);
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>
    /// Connects a client. While a node is lost and not removed yet, the client waits for its CONNACK. It connects again when the server says Server Unavailable.
    /// </summary>
    public async Task<Client> ConnectAsync(Connect connect)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await Client.ConnectAsync(Address, connect, Patience);
            }
            catch (SocketException refused)
            {
                throw new IOException($"node {number} takes no connection at {Address}: {refused.Message} {State}", refused);
            }
            catch (IOException refused) when (refused.Message.Contains("ServerUnavailable", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(100);
            }
        }
    }

    /// <summary>Ends the process as a power failure does.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
            return;
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>The process gets no time until <see cref="ContinueAsync"/>.</summary>
    public Task StopAsync() => SignalAsync("-STOP");

    /// <summary>The process goes on.</summary>
    public Task ContinueAsync() => SignalAsync("-CONT");

    public void Dispose()
    {
        if (IsAlive)
            _process!.Kill();
        _process?.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_log)
        {
            if (_log.Length > KeptLog)
                _log.Clear();
            _log.Append(CultureInfo.InvariantCulture, $"{line}\n");
        }
    }

    // Other nodes must know the port before the process has it.
    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
