using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

public class AclSpec(ITestOutputHelper output) : SecuritySpec(
    output, "allow-anonymous = on, listener-defaults { password-file = \"$dir/users\", acl-file = \"$dir/acl\" }")
{
    [Fact]
    public async Task A_message_that_may_not_be_published_is_answered_with_0x87_and_goes_nowhere()
    {
        var bob = await UserAsync("bob", "b");
        await SubscribeAsync(bob, "a/#");
        var alice = await UserAsync("alice", "a");
        await alice.SendAsync(
            new Publish("b/x", "1") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 },
            new Publish("a/secret/x", "2") { QoS = QualityOfService.ExactlyOnce, PacketId = 2 },
            new Publish("b/x", "3"),
            new Publish("a/x", "4") { QoS = QualityOfService.AtLeastOnce, PacketId = 3 });
        await alice.ExpectAsync(new PubAck(1, ReasonCode.NotAuthorized));
        await alice.ExpectAsync(new PubRec(2, ReasonCode.NotAuthorized));
        await alice.ExpectAsync(new PubAck(3));
        await bob.ExpectAsync(new Publish("a/x", "4"));
        await bob.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_3_1_1_client_gets_an_ordinary_acknowledgement_for_what_it_may_not_publish()
    {
        // [MQTT-3.3.5-2 v3.1.1]
        var alice = await UserAsync("alice", "a", MqttVersion.V311);
        await SubscribeAsync(alice, "a/#");
        await alice.SendAsync(
            new Publish("a/secret/x", "1") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 },
            new Publish("a/secret/x", "2") { QoS = QualityOfService.ExactlyOnce, PacketId = 2 });
        await alice.ExpectAsync(new PubAck(1));
        await alice.ExpectAsync(new PubRec(2));
        await alice.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(MqttVersion.V311, ReasonCode.UnspecifiedError)]
    [InlineData(MqttVersion.V5, ReasonCode.NotAuthorized)]
    public async Task Each_filter_that_is_not_allowed_is_refused_by_itself(MqttVersion version, ReasonCode refusal)
    {
        // [MQTT-3.9.3-1] one code a filter, in order
        var bob = await UserAsync("bob", "b", version);
        await bob.SendAsync(new Subscribe(1, "x/#", "a/+/y", "own/bob/b/z", "own/bob/c/z", "$share/g/x", "$share/g/a/b", "#"));
        await bob.ExpectAsync(new SubAck(1, refusal, 0, 0, refusal, refusal, 0, 0));
    }

    [Fact]
    public async Task What_may_not_be_read_is_kept_from_a_wider_subscription_retained_messages_too()
    {
        var alice = await UserAsync("alice", "a");
        await alice.SendAsync(
            new Publish("w/only", "1") { Retain = true }, new Publish("a/x", "2") { Retain = true, QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        await alice.ExpectAsync<PubAck>();
        var bob = await UserAsync("bob", "b");
        await SubscribeAsync(bob, "#");
        await bob.ExpectAsync(new Publish("a/x", "2") { Retain = true });
        await alice.SendAsync(new Publish("w/only", "3"), new Publish("a/x", "4") { QoS = QualityOfService.AtLeastOnce, PacketId = 2 });
        await alice.ExpectAsync<PubAck>();
        await bob.ExpectAsync(new Publish("a/x", "4"));
        await bob.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_will_that_may_not_be_published_is_not()
    {
        var bob = await UserAsync("bob", "b");
        await SubscribeAsync(bob, "a/#");
        foreach (var topic in new[] { "a/secret/will", "a/will" })
        {
            var (client, _) = await ConnectAsync(new Connect
            {
                ClientId = "w", UserName = "alice", Password = "secret", Will = new Will(topic, "gone"),
            });
            client.Kill();
        }
        await bob.ExpectAsync(new Publish("a/will", "gone"));
    }

    [Fact]
    public async Task A_reload_ends_subscriptions_and_publishing_that_are_not_allowed_any_more()
    {
        var alice = await UserAsync("alice", "a");
        var bob = await UserAsync("bob", "b");
        await SubscribeAsync(bob, "a/#", "own/bob/b/#");
        await alice.SendAsync(new Publish("a/x", "1") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        await alice.ExpectAsync(new PubAck(1));
        await bob.ExpectAsync(new Publish("a/x", "1"));
        Write("acl", "user alice\ntopic write z/#\npattern readwrite own/%u/%c/#\n");
        await Server.ReloadSecurityAsync();
        await AwaitAssertAsync(async () =>
        {
            await alice.SendAsync(new Publish("a/x", "2") { QoS = QualityOfService.AtLeastOnce, PacketId = 2 });
            await alice.ExpectAsync(new PubAck(2, ReasonCode.NotAuthorized));
        });
        await bob.SendAsync(new Publish("own/bob/b/1", "own") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        var got = new List<MqttPacket?>();
        while (got.Count < 2) // what alice published before the new rules came to her session may come too
        {
            if (await bob.NextAsync() is var next && next is not Publish { Topic: "a/x" })
                got.Add(next);
        }
        Assert.Contains(new PubAck(1), got);
        Assert.Contains(new Publish("own/bob/b/1", "own"), got);
        await bob.SendAsync(new Unsubscribe(2, "a/#", "own/bob/b/#"));
        await bob.ExpectAsync(new UnsubAck { PacketId = 2, ReasonCodes = [ReasonCode.NoSubscriptionExisted, ReasonCode.Success] });
    }

    [Fact]
    public async Task A_session_that_comes_back_after_its_rights_have_gone_has_lost_its_subscriptions()
    {
        var connect = new Connect
        {
            ClientId = "kept", CleanStart = false, UserName = "bob", Password = "pass word",
            Properties = new ConnectProperties { SessionExpiryInterval = 100 },
        };
        var (first, _) = await ConnectAsync(connect);
        await SubscribeAsync(first, "a/#");
        await first.SendAsync(new Disconnect());
        await first.ExpectClosedAsync();
        Write("acl", "user bob\ntopic write z\n");
        await Server.ReloadSecurityAsync();
        var (second, answer) = await ConnectAsync(connect);
        Assert.True(answer.SessionPresent);
        await second.SendAsync(new Unsubscribe(2, "a/#"));
        await second.ExpectAsync(new UnsubAck { PacketId = 2, ReasonCodes = [ReasonCode.NoSubscriptionExisted] });
    }

    [Fact]
    public async Task Anonymous_clients_have_the_rules_before_the_first_user()
    {
        var client = await ClientAsync("anonymous");
        await client.SendAsync(new Subscribe(1, "public/x", "a/x"));
        await client.ExpectAsync(new SubAck(1, 0, ReasonCode.NotAuthorized));
    }

    [Theory]
    [InlineData("topic read a/#b", "acl:1")]
    [InlineData("topics a", "acl:1")]
    [InlineData("user\n", "acl:1")]
    [InlineData("user x\n\ntopic deny", "acl:3")]
    [InlineData("pattern read a%c/b", "acl:1")]
    public async Task A_broken_file_is_named_with_line_and_key(string text, string named)
    {
        Write("acl", text);
        var error = await Assert.ThrowsAnyAsync<Configuration.ConfigurationException>(() => Server.ReloadSecurityAsync());
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("acl-file", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#", null)]
    [InlineData("+", "bob")]
    [InlineData("b/c", "bob")]
    [InlineData("c", "#")]
    public void A_name_with_wildcards_or_levels_gets_nothing_by_a_pattern(string clientId, string? user)
    {
        Write("acl", "pattern readwrite own/%u/%c/#\npattern read id/%c\n");
        var rules = AclFile.Load(PathOf("acl"));
        var client = new ClientIdentity(clientId, user, "");
        Assert.False(rules.MayReceive(client, "own/bob/c/x"));
        Assert.False(rules.MaySubscribe(client, "own/+/+/#"));
    }
}
