using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace Akka.Mqtt.Soak.Attacks;

/// <summary>An <c>akka-mqtt serve</c> of its own process, with limits, and what it takes of the machine.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int KeptLog = 1 << 20;

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _watch;

    private ServerProcess(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
        _watch = WatchAsync(_end.Token);
    }

    public IPEndPoint Address { get; private set; } = null!;

    /// <summary>Most megabytes of memory that were resident since <see cref="Restart"/>.</summary>
    public long PeakResident { get; private set; }

    /// <summary>Most file descriptors that were open since <see cref="Restart"/>.</summary>
    public int PeakDescriptors { get; private set; }

    /// <summary>Lines that it has logged.</summary>
    public int LogLines { get; private set; }

    public bool IsAlive => !_process.HasExited;

    /// <summary>How it ended, and the end of its log.</summary>
    public string Obituary
    {
        get
        {
            lock (_log)
            {
                var text = _log.ToString();
                return $"exit code {_process.ExitCode}: {text[Math.Max(0, text.Length - 1000)..]}";
            }
        }
    }

    /// <summary>Starts a server and waits until it is ready.</summary>
    /// <param name="descriptors">Its limit of file descriptors (<c>ulimit -n</c>); null is ours.</param>
    /// <param name="heap">Its limit of the heap, in megabytes (<c>DOTNET_GCHeapHardLimit</c>); null is none.</param>
    /// <param name="settings">What is set below <c>akka.mqtt.server</c>.</param>
    public static async Task<ServerProcess> StartAsync(int? descriptors, int? heap, params string[] settings)
    {
        List<string> command = [.. Command("serve", "--port", "0", "--warm-up", "0")];
        foreach (var setting in settings)
            command.AddRange(["--set", setting]);
        if (descriptors is { } limit)
            command = ["bash", "-c", $"ulimit -n {limit}; exec \"$@\"", "bash", .. command];
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (heap is { } megabytes)
            start.Environment["DOTNET_GCHeapHardLimit"] = $"0x{(long)megabytes << 20:x}";
        var server = new ServerProcess(Process.Start(start)!);
        var ready = await server._process.StandardOutput.ReadLineAsync() ?? "";
        if (!ready.StartsWith("ready ", StringComparison.Ordinal))
        {
            await server._process.WaitForExitAsync();
            throw new IOException($"akka-mqtt did not start: {server.Obituary}");
        }
        server.Address = new IPEndPoint(IPAddress.Loopback, new Uri(ready.Split(' ')[1]).Port);
        return server;
    }

    /// <summary>A password file with one user, whose name is <c>good</c> and whose password is <c>good</c>.</summary>
    public static async Task<string> WritePasswordsAsync()
    {
        var file = Path.GetTempFileName();
        var command = Command("passwd", file, "good", "-b", "good");
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? file : throw new IOException("akka-mqtt passwd failed.");
    }

    /// <summary>Forgets the peaks.</summary>
    public void Restart() => (PeakResident, PeakDescriptors) = (0, 0);

    /// <summary>Megabytes that are resident now.</summary>
    public long Resident()
    {
        try
        {
            _process.Refresh();
            return _process.WorkingSet64 >> 20;
        }
        catch (InvalidOperationException)
        {
            return 0; // it has ended
        }
    }

    /// <summary>Whether the log has a stack trace.</summary>
    public bool HasStackTrace()
    {
        lock (_log)
            return _log.ToString().Contains("\n   at ", StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watch;
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _end.Dispose();
    }

    private static string[] Command(params string[] arguments) => ["dotnet", Path.Combine(AppContext.BaseDirectory, "akka-mqtt.dll"), .. arguments];

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_log)
        {
            LogLines++;
            if (_log.Length < KeptLog)
                _log.Append(CultureInfo.InvariantCulture, $"{line}\n");
        }
    }

    private async Task WatchAsync(CancellationToken end)
    {
        try
        {
            while (!_process.HasExited)
            {
                PeakResident = Math.Max(PeakResident, Resident());
                var folder = $"/proc/{_process.Id}/fd";
                if (Directory.Exists(folder))
                    PeakDescriptors = Math.Max(PeakDescriptors, Directory.GetFileSystemEntries(folder).Length);
                await Task.Delay(50, end);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            // over
        }
    }
}
