namespace Akka.Mqtt.Cli.Tests.Mosquitto;

/// <summary><c>akka-mqtt serve --mosquitto-conf</c>.</summary>
public sealed class MosquittoServeSpec : MosquittoSpec
{
    [Fact]
    public async Task Serve_starts_from_it_and_says_what_it_leaves_out()
    {
        await File.WriteAllTextAsync(Folder["m.conf"], "listener 0 127.0.0.1\nlistener 0 127.0.0.1\nprotocol websockets\npid_file x\n");
        await using var serve = await ServeProcess.StartAsync("--mosquitto-conf", Folder["m.conf"]);
        Assert.Equal(["mqtt", "ws"], serve.Addresses.Select(each => each.Scheme));
        Assert.Equal("/", serve.Addresses[1].AbsolutePath);
        await serve.SignalAsync("TERM");
        var (exitCode, _, errors) = await serve.ExitAsync();
        Assert.Equal(0, exitCode);
        Assert.Equal($"akka-mqtt: {Folder["m.conf"]}:4: pid_file: no file is written\n", errors);
    }

    [Fact]
    public async Task Persistence_is_durable_and_what_mosquitto_wrote_is_imported_once()
    {
        Directory.CreateDirectory(Folder["data"]);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "mosquitto-2.db"), Path.Combine(Folder["data"], "mosquitto.db"));
        await File.WriteAllTextAsync(Folder["m.conf"], $"listener 0 127.0.0.1\npersistence true\npersistence_location {Folder["data"]}\n");
        Assert.Contains("mosquitto.db was imported into", await ServeAsync(), StringComparison.Ordinal);
        Assert.Equal(["akka-mqtt.db", "mosquitto.db"], Directory.GetFileSystemEntries(Folder["data"], "*.db").Select(Path.GetFileName).Order());
        Assert.False(Directory.Exists(Path.Combine(Folder["data"], "importing")));
        Assert.Equal("", await ServeAsync());
        var (exitCode, stats, _) = await CommandHost.RunAsync("store", "stats", Folder["data"]);
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("\"session\":0", stats, StringComparison.Ordinal);

        async Task<string> ServeAsync()
        {
            await using var serve = await ServeProcess.StartAsync("--mosquitto-conf", Folder["m.conf"]);
            await serve.SignalAsync("TERM");
            var (code, _, errors) = await serve.ExitAsync();
            Assert.Equal(0, code);
            return errors;
        }
    }

    [Theory]
    [InlineData("--durability memory")]
    [InlineData("--data {0}")]
    public async Task Options_of_the_command_line_count_before_persistence(string option)
    {
        await File.WriteAllTextAsync(Folder["m.conf"], $"listener 0 127.0.0.1\npersistence true\npersistence_location {Folder["data"]}\n");
        await using var serve = await ServeProcess.StartAsync(
            ["--mosquitto-conf", Folder["m.conf"], .. option.Split(' ').Select(each => each.Replace("{0}", Folder["other"], StringComparison.Ordinal))]);
        Assert.False(Directory.Exists(Folder["data"]));
    }

    [Fact]
    public async Task A_damaged_file_of_mosquitto_ends_serve_with_2_and_leaves_nothing()
    {
        Directory.CreateDirectory(Folder["data"]);
        await File.WriteAllTextAsync(Path.Combine(Folder["data"], "mosquitto.db"), "nonsense");
        await File.WriteAllTextAsync(Folder["m.conf"], $"listener 0 127.0.0.1\npersistence true\npersistence_location {Folder["data"]}\n");
        var (exitCode, _, errors) = await CommandHost.RunAsync("serve", "--mosquitto-conf", Folder["m.conf"]);
        Assert.Equal(2, exitCode);
        Assert.Contains("mosquitto.db", errors, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(Folder["data"]));
    }

    [Fact]
    public async Task A_broken_password_file_ends_serve_with_2_and_names_file_and_line()
    {
        await File.WriteAllTextAsync(Folder["users"], "# users\nalice\n");
        await File.WriteAllTextAsync(Folder["m.conf"], $"listener 0 127.0.0.1\npassword_file {Folder["users"]}\n");
        var (exitCode, _, errors) = await CommandHost.RunAsync("serve", "--mosquitto-conf", Folder["m.conf"]);
        Assert.Equal(2, exitCode);
        Assert.Contains($"password-file: {Folder["users"]}:2:", errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }
}
