using System.Text;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Telemetry;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

public class PasswordSpec(ITestOutputHelper output) : SecuritySpec(output, "listener-defaults.password-file = \"$dir/users\"")
{
    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_user_of_the_file_is_let_in_with_its_password_only(MqttVersion version)
    {
        var (client, answer) = await LoginAsync("alice", "secret", "c", version);
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        await client.ExpectNothingAsync();
        foreach (var (user, password) in new[] { ("alice", "Secret"), ("alice", ""), ("nobody", "secret") })
        {
            // [MQTT-3.1.4-2 v5] [MQTT-3.2.2-5 v3.1.1] the refusal, then the end
            var (refused, code) = await LoginAsync(user, password, "d", version);
            Assert.Equal(ReasonCode.BadUserNameOrPassword, code.ReasonCode);
            await refused.ExpectClosedAsync();
        }
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task With_a_password_file_nobody_is_anonymous_on_loopback(MqttVersion version)
    {
        var (client, answer) = await LoginAsync(null, null, "c", version);
        Assert.Equal(ReasonCode.NotAuthorized, answer.ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task Rules_are_those_of_the_listener()
    {
        var settings = Settings($$"""
            listeners.tcp.password-file = "{{PathOf("users")}}"
            listeners.open { port = 0, password-file = "", allow-anonymous = on }
            """);
        await using var server = await MqttServer.StartAsync(Sys, settings);
        foreach (var endpoint in server.Endpoints)
        {
            using var client = await PacketClient.DialAsync((System.Net.IPEndPoint)endpoint.Address, MqttVersion.V5);
            await client.SendAsync(new Connect());
            var expected = endpoint.Name == "open" ? ReasonCode.Success : ReasonCode.NotAuthorized;
            Assert.Equal(expected, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        }
    }

    [Fact]
    public async Task Users_that_mosquitto_passwd_made_are_let_in()
    {
        // mosquitto_passwd 2.0.11 and 1.6: "dave" with the password "davepw"
        Write("users", $"dave:{Sha512("davepw")}\n");
        await Server.ReloadSecurityAsync();
        Assert.Equal(ReasonCode.Success, (await LoginAsync("dave", "davepw")).Answer.ReasonCode);
        Assert.Equal(ReasonCode.BadUserNameOrPassword, (await LoginAsync("dave", "other")).Answer.ReasonCode);
    }

    [Fact]
    public async Task A_user_that_is_deleted_or_has_another_password_is_disconnected_by_a_reload_with_0x87()
    {
        var alice = await UserAsync("alice", "a");
        var bob = await UserAsync("bob", "b");
        var three = await UserAsync("alice", "three", MqttVersion.V311);
        Write("users", $"{User("alice", "new")}\n" + File.ReadAllLines(PathOf("users"))[1]);
        await Server.ReloadSecurityAsync();
        Assert.Equal(ReasonCode.NotAuthorized, (await alice.ExpectAsync<Disconnect>()).ReasonCode);
        await alice.ExpectClosedAsync();
        await three.ExpectClosedAsync();
        await bob.ExpectNothingAsync();
        Assert.Equal(ReasonCode.BadUserNameOrPassword, (await LoginAsync("alice", "secret")).Answer.ReasonCode);
        Assert.Equal(ReasonCode.Success, (await LoginAsync("alice", "new")).Answer.ReasonCode);
    }

    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_user_with_an_empty_password_is_not_let_in_without_a_password(MqttVersion version)
    {
        Write("users", User("alice", ""));
        await Server.ReloadSecurityAsync();
        var (client, answer) = await LoginAsync("alice", null, "c", version);
        Assert.Equal(ReasonCode.BadUserNameOrPassword, answer.ReasonCode);
        await client.ExpectClosedAsync();
        Assert.Equal(ReasonCode.BadUserNameOrPassword, (await LoginAsync("nobody", null, "c", version)).Answer.ReasonCode);
        Assert.Equal(ReasonCode.Success, (await LoginAsync("alice", "", "c", version)).Answer.ReasonCode);
    }

    [Fact]
    public async Task A_failed_login_is_a_warning_in_one_line_and_a_flood_of_them_is_a_few()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));
        for (var at = 0; at < 20; at++)
            await LoginAsync("a\r\n[ERROR] forged\u001b[2J", "x", "c\u202E");
        await AwaitAssertAsync(() => Assert.Equal(20, Server.Context.Stats.Refusals(Refused.Connect, ReasonCode.BadUserNameOrPassword)));
        var lines = new List<string>();
        while (HasMessages)
            lines.Add($"{(await ExpectMsgAsync<Warning>()).Message}");
        Assert.Equal(RefusalLog.LinesPerAddress, lines.Count);
        Assert.All(lines, line => Assert.DoesNotContain(line, char.IsControl));
        Assert.All(lines, line => Assert.Contains("wrong user name or password of a\\r\\n[ERROR] forged\\u001B[2J", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("alice\n", "users:1")]
    [InlineData("# a comment\n\nalice:secret\n", "users:3")]
    [InlineData("alice:$7$100$AAAA\n", "users:1")]
    [InlineData("alice:$9$100$AAAA$AAAA\n", "users:1")]
    public async Task A_broken_file_leaves_the_old_one_in_force_and_is_named_with_line_and_key(string text, string named)
    {
        var alice = await UserAsync("alice");
        Write("users", text);
        var error = await Assert.ThrowsAnyAsync<ConfigurationException>(() => Server.ReloadSecurityAsync());
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("password-file", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        await alice.ExpectNothingAsync();
        await UserAsync("bob", "b");
        await Assert.ThrowsAnyAsync<ConfigurationException>(() => MqttServer.StartAsync(Sys, Settings()));
    }

    [Fact]
    public void An_unknown_user_costs_as_many_iterations_as_a_known_one()
    {
        Assert.Equal(12345, PasswordEntry.Decoy(12345).Iterations);
        Assert.False(PasswordEntry.Decoy(1).Fits(""u8));
    }

    private static string Sha512(string password)
    {
        byte[] salt = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        var hash = System.Security.Cryptography.SHA512.HashData([.. Encoding.UTF8.GetBytes(password), .. salt]);
        return $"$6${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }
}
