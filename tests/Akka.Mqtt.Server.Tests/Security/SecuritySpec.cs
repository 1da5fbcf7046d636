using System.Text;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

/// <summary>Base of specs with files: <c>$dir</c> in the configuration is a folder with users, scram and acl of these.</summary>
public abstract class SecuritySpec : ServerSpec
{
    protected const string Acl = """
        # anonymous clients
        topic read public/#

        user alice
        topic readwrite a/#
        topic write w/only
        topic deny a/secret/#
        topic subscribe s/#

        user bob
        topic read a/#
        pattern readwrite own/%u/%c/#
        """;

    private readonly string _folder;

    protected SecuritySpec(ITestOutputHelper output, string config)
        : this(output, config, Directory.CreateTempSubdirectory("mqtt-security").FullName)
    {
    }

    private SecuritySpec(ITestOutputHelper output, string config, string folder)
        : base(output, config.Replace("$dir", folder, StringComparison.Ordinal))
    {
        _folder = folder;
        Write("users", $"{User("alice", "secret")}\n{User("bob", "pass word")}\n");
        Write("scram", $"sam:{ScramCredentials.Create("pencil")}\neve:{ScramCredentials.Create("eve")}\n");
        Write("acl", Acl);
    }

    protected static string User(string name, string password) => $"{name}:{PasswordEntry.Create(Encoding.UTF8.GetBytes(password), 100)}";

    protected string PathOf(string file) => Path.Combine(_folder, file);

    protected void Write(string file, string text) => File.WriteAllText(PathOf(file), text);

    protected Task<(PacketClient Client, ConnAck Answer)> LoginAsync(
        string? user, string? password, string clientId = "c", MqttVersion version = MqttVersion.V5) =>
        ConnectAsync(new Connect
        {
            ClientId = clientId,
            Version = version,
            UserName = user,
            Password = password is null ? (MqttBinary?)null : MqttBinary.FromText(password),
        });

    protected async Task<PacketClient> UserAsync(string user, string clientId = "c", MqttVersion version = MqttVersion.V5)
    {
        var (client, answer) = await LoginAsync(user, user == "alice" ? "secret" : "pass word", clientId, version);
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        return client;
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Directory.Delete(_folder, recursive: true);
    }
}
