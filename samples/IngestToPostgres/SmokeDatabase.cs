using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace IngestToPostgres;

/// <summary>A PostgreSQL server of Debian's package, in a directory of its own, for the smoke run. Root starts it as the user postgres.</summary>
internal sealed class SmokeDatabase : IAsyncDisposable
{
    private static readonly string? Binaries = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(each => Path.Combine(each, "bin")).LastOrDefault(each => File.Exists(Path.Combine(each, "initdb")))
        : null;

    private readonly string _data = Path.Combine(Path.GetTempPath(), $"ingest-{Guid.NewGuid():N}");
    private readonly int _port = FreePort();

    private SmokeDatabase()
    {
    }

    public static bool IsInstalled => Binaries is not null;

    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username=ingest;Database=postgres;Timeout=5";

    public static async Task<SmokeDatabase> StartAsync()
    {
        var database = new SmokeDatabase();
        await RunAsync($"'{Binaries}/initdb' -D {database._data} -A trust -U ingest -N");
        await database.StartAgainAsync();
        return database;
    }

    public Task StartAgainAsync() => RunAsync(
        $"'{Binaries}/pg_ctl' -D {_data} -w -l {_data}/log -o '-c port={_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=' start");

    public Task StopAsync() => RunAsync($"'{Binaries}/pg_ctl' -D {_data} -w -m immediate stop");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await RunAsync($"rm -rf {_data}");
    }

    private static async Task RunAsync(string command)
    {
        var info = Environment.UserName == "root"
            ? new ProcessStartInfo("su", ["postgres", "-s", "/bin/sh", "-c", $"{command} >/dev/null 2>&1"])
            : new ProcessStartInfo("/bin/sh", ["-c", $"{command} >/dev/null 2>&1"]);
        info.WorkingDirectory = "/";
        using var process = Process.Start(info)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command} ended with {process.ExitCode}.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
