using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>A PostgreSQL server of Debian's package, in a directory of its own, run by the user "postgres" when the tests run as root.</summary>
public sealed class PostgreSqlServer : IAsyncLifetime
{
    private static readonly string? Binaries = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(each => Path.Combine(each, "bin")).LastOrDefault(each => File.Exists(Path.Combine(each, "initdb")))
        : null;

    private readonly HeldPort _port = HeldPort.ToListenOn();

    private int _databases;

    /// <summary>Why there is none; null when there is one.</summary>
    public static string? Missing { get; } = Binaries is null ? "PostgreSQL is not installed (Debian: apt-get install postgresql)." : null;

    public string Data { get; } = Path.Combine(Path.GetTempPath(), $"akka-mqtt-pg-{Guid.NewGuid():N}");

    public int Port => _port.Port;

    public async Task InitializeAsync()
    {
        if (Missing is not null)
            return;
        await Run("initdb", $"-D {Data} -A trust -U test -N");
        Start();
    }

    public async Task DisposeAsync()
    {
        using (_port)
        {
            if (Missing is not null)
                return;
            await Stop("immediate");
            await Shell($"rm -rf {Data}");
        }
    }

    /// <summary>
    /// Starts it, and waits until it takes connections. Its commits do not wait for the disk: tests end its processes, not the machine, and on a disk that others use too each
    /// commit would take as long as their writes let it.
    /// </summary>
    public void Start()
    {
        var options = $"-c port={Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=50 -c fsync=off";
        Run("pg_ctl", $"-D {Data} -w -t 120 -l {Data}/log -o '{options}' start").GetAwaiter().GetResult();
    }

    /// <summary>Stops it.</summary>
    /// <param name="mode">smart, fast or immediate.</param>
    public Task Stop(string mode) => Run("pg_ctl", $"-D {Data} -w -t 120 -m {mode} stop");

    /// <summary>Makes a database, and gives its connection string.</summary>
    public async Task<string> NewDatabase()
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await Run("createdb", $"-h 127.0.0.1 -p {Port} -U test {name}");
        return $"Host=127.0.0.1;Port={Port};Username=test;Database={name};Timeout=5";
    }

    /// <summary>Runs a statement on a connection of its own.</summary>
    /// <param name="connection">The connection string of the database.</param>
    /// <param name="sql">A statement that gives a number.</param>
    public static async Task<long> ScalarAsync(string connection, string sql)
    {
        await using var opened = new NpgsqlConnection(connection + ";Pooling=false");
        await opened.OpenAsync();
        await using var command = new NpgsqlCommand(sql, opened);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private static Task Run(string program, string arguments) => Shell($"'{Binaries}/{program}' {arguments}");

    private static async Task Shell(string command)
    {
        var info = Environment.UserName == "root"
            ? new ProcessStartInfo("su", ["postgres", "-s", "/bin/sh", "-c", command])
            : new ProcessStartInfo("/bin/sh", ["-c", command]);
        info.RedirectStandardOutput = info.RedirectStandardError = true;
        info.WorkingDirectory = "/";
        using var process = Process.Start(info)!;
        var output = process.StandardError.ReadToEndAsync();
        if (!command.Contains("start", StringComparison.Ordinal)) // the server inherits the pipes and keeps them open
            await output;
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        Assert.True(process.ExitCode == 0, $"{command}: {(output.IsCompleted ? output.Result : process.ExitCode.ToString(CultureInfo.InvariantCulture))}");
    }
}

/// <summary>The tests that share one PostgreSQL server.</summary>
[CollectionDefinition(Name)]
public sealed class PostgreSqlCollection : ICollectionFixture<PostgreSqlServer>
{
    public const string Name = "PostgreSQL";
}
