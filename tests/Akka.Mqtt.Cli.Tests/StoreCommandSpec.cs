using Akka.Mqtt.Storage.Sqlite;

namespace Akka.Mqtt.Cli.Tests;

public class StoreCommandSpec
{
    private static readonly string Mosquitto = Path.Combine(AppContext.BaseDirectory, "mosquitto-2.db");

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output, errors) = await CommandHost.RunAsync(["store", .. arguments]);
        Assert.True(exitCode == 0, errors);
        return output;
    }

    [Fact]
    public async Task What_mosquitto_wrote_is_imported_checked_counted_exported_and_imported_again()
    {
        using var folder = new TempFolder();
        var report = await RunAsync("import", folder["data"], "--from-mosquitto", Mosquitto);
        Assert.Contains("5 sessions, 4 subscriptions", report, StringComparison.Ordinal);
        Assert.Contains("1 retained messages", report, StringComparison.Ordinal);
        Assert.Equal("ok", (await RunAsync("check", folder["data"])).Trim());
        Assert.Contains("\"session_rows\":5", await RunAsync("stats", folder["data"]), StringComparison.Ordinal);
        var lines = await RunAsync("export", folder["data"]);
        await File.WriteAllTextAsync(folder["lines"], lines);
        await RunAsync("import", folder["copy"], folder["lines"]);
        Assert.Equal(lines, await RunAsync("export", folder["copy"]));
        Assert.Equal("nothing is damaged, and nothing was changed", (await RunAsync("recover", folder["copy"])).Trim());
        Assert.Equal("ok", (await RunAsync("check", folder["copy"])).Trim());
    }

    [Theory]
    [InlineData("check", "it is not a data directory")]
    [InlineData("stats", "it is not a data directory")]
    [InlineData("export", "it is not a data directory")]
    [InlineData("recover", "it is not a data directory")]
    [InlineData("import <lines>", "/lines does not exist")]
    [InlineData("import <data>", "is a directory: give a file of JSON lines")]
    [InlineData("import --from-mosquitto <lines>", "cannot be read")]
    [InlineData("import <lines> --from-mosquitto <lines>", "/lines and --from-mosquitto exclude each other: import one of them.")]
    public async Task What_is_wrong_is_said_in_one_line_and_the_exit_code_is_2(string arguments, string named)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["data"]);
        var words = arguments.Split(' ').Select(each => each == "<lines>" ? folder["lines"] : each == "<data>" ? folder["data"] : each).ToList();
        words.Insert(1, folder["data"]);
        var (exitCode, _, errors) = await CommandHost.RunAsync(["store", .. words]);
        Assert.Equal(2, exitCode);
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }

    [Fact]
    public async Task Damage_is_named_and_the_exit_code_is_1()
    {
        using var folder = new TempFolder();
        await RunAsync("import", folder["data"], "--from-mosquitto", Mosquitto);
        var file = Path.Combine(folder["data"], "akka-mqtt.db");
        await using (var database = new FileStream(file, FileMode.Open))
            database.SetLength(database.Length - 4096);
        var (exitCode, output, _) = await CommandHost.RunAsync("store", "check", folder["data"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("is damaged", output, StringComparison.Ordinal);
    }

    /// <summary>What each command says of a directory that is none, or holds what it should not.</summary>
    [Theory]
    [InlineData("nothing", "needs <dir>. akka-mqtt help store {0} describes them", "needs <dir>. akka-mqtt help store {0} describes them")]
    [InlineData("empty", "<dir> is empty", "<dir> is empty")]
    [InlineData("a file", "is a file: give the data directory that it is in", "is a file: give a directory")]
    [InlineData("missing", "does not exist", null)]
    [InlineData("an empty database", "is an empty database: no server has written to it", null)]
    [InlineData("a foreign database", "is a database of another program", "is a database of another program")]
    [InlineData("a newer schema", "was written by a newer program (schema 99", "was written by a newer program (schema 99")]
    [InlineData("a directory in place of the database", "is a directory, not a database", "the database file cannot be opened")]
    public async Task A_directory_that_is_none_is_an_error_in_one_line_with_exit_code_2(string what, string reading, string? importing)
    {
        using var folder = new TempFolder();
        var database = Path.Combine(folder["data"], "akka-mqtt.db");
        await File.WriteAllTextAsync(folder["lines"], "{\"table\":\"meta\",\"version\":1}\n");
        if (what != "missing")
            Directory.CreateDirectory(folder["data"]);
        switch (what)
        {
            case "an empty database":
                await File.WriteAllBytesAsync(database, []);
                break;
            case "a foreign database":
                Sql(database, "CREATE TABLE meta (name TEXT)");
                break;
            case "a newer schema":
                await RunAsync("import", folder["data"], folder["lines"]);
                Sql(database, "UPDATE meta SET value = 99 WHERE key = 'version'");
                break;
            case "a directory in place of the database":
                Directory.CreateDirectory(database);
                break;
        }
        var directory = what switch
        {
            "nothing" => (string[])[],
            "empty" => [""],
            "a file" => [folder["lines"]],
            _ => [folder["data"]],
        };
        foreach (var command in (string[])["check", "stats", "export", "recover", "import"])
        {
            var said = command == "import" ? importing : reading;
            if (said is null)
                continue; // it makes the directory
            var (exitCode, output, errors) = await CommandHost.RunAsync(["store", command, .. directory, .. command == "import" && directory.Length > 0 ? (string[])[folder["lines"]] : []]);
            Assert.Equal((command, 2, ""), (command, exitCode, output));
            Assert.Contains(string.Format(null, said, command), errors, StringComparison.Ordinal);
            Assert.Equal(1, errors.Count(each => each == '\n'));
        }
    }

    [Theory]
    [InlineData("this is a text that somebody has put here")]
    [InlineData("x")]
    public async Task Recovery_that_loses_everything_says_so_with_exit_code_1(string text)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["data"]);
        await File.WriteAllTextAsync(Path.Combine(folder["data"], "akka-mqtt.db"), text);
        var (exitCode, output, _) = await CommandHost.RunAsync("store", "check", folder["data"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("is damaged: it does not begin like an SQLite file", output, StringComparison.Ordinal);
        (exitCode, output, _) = await CommandHost.RunAsync("store", "recover", folder["data"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("lost: everything", output, StringComparison.Ordinal);
        Assert.Contains("the damaged files are in ", output, StringComparison.Ordinal);
    }

    private static void Sql(string database, string statement)
    {
        using var connection = SqliteConnection.Open(database, isNew: true);
        connection.Execute(statement);
    }
}
