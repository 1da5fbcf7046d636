using System.Diagnostics;
using Akka.Mqtt.Storage.Sqlite;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>A storage that <c>akka-mqtt serve</c> cannot use at its start: one line that says why, and exit code 2.</summary>
public sealed class StorageRefusalSpec : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_directory_of_a_newer_version_is_refused()
    {
        await MakeAsync();
        using (var connection = SqliteConnection.Open(SqliteFiles.DatabaseOf(_folder["data"])))
            connection.Execute("UPDATE meta SET value = 99 WHERE key = 'version'");
        await RefusedAsync("was written by a newer program (schema 99", "--data", _folder["data"]);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(30_000)]
    public async Task A_directory_whose_database_is_copied_in_part_is_refused(int bytes)
    {
        await MakeAsync();
        using (var file = File.OpenWrite(SqliteFiles.DatabaseOf(_folder["data"])))
            file.SetLength(bytes);
        await RefusedAsync("is damaged", "--data", _folder["data"]);
    }

    [Fact]
    public async Task A_database_that_another_program_has_locked_is_refused()
    {
        await MakeAsync();
        using var connection = SqliteConnection.Open(SqliteFiles.DatabaseOf(_folder["data"]));
        connection.Execute("BEGIN IMMEDIATE");
        await RefusedAsync("another program holds the database locked: end its transaction", "--data", _folder["data"]);
    }

    [Fact]
    public async Task A_directory_without_rights_is_refused()
    {
        if (!OperatingSystem.IsLinux())
            return;
        Directory.CreateDirectory(_folder["data"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        // root may write everywhere: then another user starts it, if that one may read the program
        string[] user = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"] : ["env"];
        if (!MountedFactAttribute.Run(user[0], [.. user[1..], "test", "-r", Path.Combine(AppContext.BaseDirectory, "akka-mqtt.dll")]))
            return;
        var info = new ProcessStartInfo(user[0], [.. user[1..], "dotnet", Path.Combine(AppContext.BaseDirectory, "akka-mqtt.dll"), "serve", "--port", "0", "--data", _folder["data"]])
        {
            RedirectStandardError = true, RedirectStandardOutput = true, Environment = { ["HOME"] = Path.GetTempPath(), ["DOTNET_CLI_HOME"] = Path.GetTempPath() },
        };
        using var serve = Process.Start(info)!;
        var errors = await serve.StandardError.ReadToEndAsync();
        await serve.WaitForExitAsync();
        Assert.Equal(2, serve.ExitCode);
        Assert.EndsWith("cannot be written: check its rights.", errors.Trim(), StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(static each => each == '\n'));
    }

    [MountedFact]
    public async Task A_full_disk_without_a_database_or_without_room_for_its_index_is_refused()
    {
        var data = Directory.CreateDirectory(_folder["mounted"]).FullName;
        MountedFactAttribute.Mount(data);
        try
        {
            await FillUpAsync(Path.Combine(data, "ballast"));
            await RefusedAsync("the disk is full: make room", "--data", Path.Combine(data, "new"));
            File.Delete(Path.Combine(data, "ballast"));
            await MakeAsync(data);
            await FillUpAsync(Path.Combine(data, "ballast"));
            await RefusedAsync("the disk is full: make room", "--data", data);
        }
        finally
        {
            MountedFactAttribute.Run("umount", "-l", data);
        }
    }

    [Fact]
    public Task A_PostgreSQL_that_is_away_is_refused() =>
        RefusedAsync("the database cannot be reached", "--database", "Host=127.0.0.1;Port=1;Username=test;Database=x;Timeout=5");

    /// <summary>A data directory, as a server leaves it.</summary>
    private async Task MakeAsync(string? directory = null)
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--data", directory ?? _folder["data"]);
        await serve.SignalAsync("TERM");
        Assert.Equal(0, (await serve.ExitAsync()).ExitCode);
    }

    private static async Task RefusedAsync(string named, params string[] arguments)
    {
        var (exitCode, output, errors) = await CommandHost.RunAsync(["serve", "--port", "0", .. arguments]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(static each => each == '\n'));
    }

    private static async Task FillUpAsync(string ballast)
    {
        await using var file = File.Create(ballast, bufferSize: 0);
        try
        {
            while (true)
                await file.WriteAsync(new byte[1024]);
        }
        catch (IOException)
        {
            // It is full.
        }
    }
}
