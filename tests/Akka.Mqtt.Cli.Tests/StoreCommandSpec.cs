namespace Akka.Mqtt.Cli.Tests;

public class StoreCommandSpec
{
    private static readonly string Mosquitto = Path.Combine(AppContext.BaseDirectory, "mosquitto-2.db");

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output, errors) = await ServeProcess.RunAsync(["store", .. arguments]);
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
        Assert.Contains("kept: 5 of session", await RunAsync("recover", folder["copy"]), StringComparison.Ordinal);
        Assert.Equal("ok", (await RunAsync("check", folder["copy"])).Trim());
    }

    [Theory]
    [InlineData("check", "it is no data directory")]
    [InlineData("stats", "it is no data directory")]
    [InlineData("export", "it is no data directory")]
    [InlineData("recover", "it is no data directory")]
    [InlineData("import <lines>", "Could not find file")]
    [InlineData("import --from-mosquitto <lines>", "cannot be read")]
    public async Task What_is_wrong_is_said_in_one_line_and_the_exit_code_is_2(string arguments, string named)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["data"]);
        var words = arguments.Split(' ').Select(each => each == "<lines>" ? folder["lines"] : each).ToList();
        words.Insert(1, folder["data"]);
        var (exitCode, _, errors) = await ServeProcess.RunAsync(["store", .. words]);
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
        var (exitCode, output, _) = await ServeProcess.RunAsync("store", "check", folder["data"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("is damaged", output, StringComparison.Ordinal);
    }
}
