using System.Net;
using Akka.Mqtt.Dashboard.Security;
using Microsoft.AspNetCore.Http;

namespace Akka.Mqtt.Dashboard.Tests;

/// <summary>Which requests are allowed, without a socket.</summary>
public sealed class RequestGuardSpec
{
    private static readonly RequestFacts Own = new() { IsLoopback = true, Host = "127.0.0.1:8080", HasOwnHeader = true };

    private readonly RequestGuard _open = new(new TokenTable([]));
    private readonly RequestGuard _closed;
    private readonly string _reader;
    private readonly string _admin;

    public RequestGuardSpec() => _closed = new RequestGuard(new TokenTable(
    [
        MqttDashboardToken.Create("reader", MqttDashboardRole.Read, out _reader), MqttDashboardToken.Create("ops", MqttDashboardRole.Admin, out _admin),
    ]));

    [Theory]
    [InlineData("127.0.0.1:8080")]
    [InlineData("127.0.0.1")]
    [InlineData("localhost:8080")]
    [InlineData("LOCALHOST")]
    [InlineData("[::1]:8080")]
    public void Without_tokens_this_machine_may_do_everything(string host)
    {
        Assert.Equal((200, "local"), Ask(_open, Own with { Host = host }, MqttDashboardRole.Admin, isAction: true));
        Assert.Equal(200, _open.CheckPage(Own with { Host = host }).Status);
    }

    [Theory]
    [InlineData("example.org:8080")] // a name of somebody else that resolves to 127.0.0.1
    [InlineData("localhost.example.org")]
    [InlineData("127.0.0.1.example.org")]
    [InlineData("localhost@example.org")]
    [InlineData("192.168.1.1")]
    [InlineData("")]
    public void Without_tokens_a_name_that_is_not_of_this_machine_is_refused(string host)
    {
        Assert.Equal((403, null), Ask(_open, Own with { Host = host }, MqttDashboardRole.Read));
        Assert.Equal(403, _open.CheckPage(Own with { Host = host }).Status);
    }

    [Fact]
    public void Without_tokens_other_machines_and_proxies_are_refused()
    {
        Assert.Equal((403, null), Ask(_open, Own with { IsLoopback = false }, MqttDashboardRole.Read));
        Assert.Equal((403, null), Ask(_open, Own with { IsForwarded = true }, MqttDashboardRole.Read));
    }

    [Fact]
    public void Without_tokens_an_action_needs_the_header_that_other_pages_cannot_send()
    {
        Assert.Equal((403, null), Ask(_open, Own with { HasOwnHeader = false }, MqttDashboardRole.Admin, isAction: true));
        Assert.Equal((200, "local"), Ask(_open, Own with { HasOwnHeader = false }, MqttDashboardRole.Read));
    }

    [Fact]
    public void A_token_gives_its_role_and_no_more()
    {
        Assert.Equal((200, "reader"), Ask(_closed, WithToken(_reader), MqttDashboardRole.Read));
        Assert.Equal((403, null), Ask(_closed, WithToken(_reader), MqttDashboardRole.Admin, isAction: true));
        Assert.Equal((200, "ops"), Ask(_closed, WithToken(_admin), MqttDashboardRole.Admin, isAction: true));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer wrong")]
    [InlineData("Basic b3BzOm9wcw==")]
    public void With_tokens_a_request_without_a_right_one_is_refused_even_from_this_machine(string? authorization) =>
        Assert.Equal((401, null), Ask(_closed, Own with { Authorization = authorization }, MqttDashboardRole.Read));

    [Fact]
    public void The_hash_of_a_token_is_no_token() =>
        Assert.Equal((401, null), Ask(_closed, WithToken(MqttDashboardToken.HashOf(_admin)), MqttDashboardRole.Read));

    [Theory]
    [InlineData("cross-site", null)]
    [InlineData("same-site", null)]
    [InlineData(null, "https://example.org")]
    [InlineData(null, "null")]
    [InlineData(null, "http://127.0.0.1:9090")]
    public void A_page_of_another_origin_is_refused_with_a_token_or_without(string? site, string? origin)
    {
        Assert.Equal((403, null), Ask(_open, Own with { FetchSite = site, Origin = origin }, MqttDashboardRole.Read));
        Assert.Equal((403, null), Ask(_closed, WithToken(_admin) with { FetchSite = site, Origin = origin }, MqttDashboardRole.Admin, isAction: true));
    }

    [Theory]
    [InlineData("same-origin", "http://127.0.0.1:8080", "127.0.0.1:8080")]
    [InlineData("none", null, "127.0.0.1:8080")]
    [InlineData("same-origin", "https://mqtt.example.org", "mqtt.example.org")]
    public void Its_own_page_is_allowed(string? site, string? origin, string host) =>
        Assert.Equal((200, "ops"), Ask(_closed, WithToken(_admin) with { FetchSite = site, Origin = origin, Host = host }, MqttDashboardRole.Admin, isAction: true));

    [Theory]
    [InlineData("", "Tokens:0:Name")]
    [InlineData("a\nb", "Tokens:0:Name")]
    public void A_token_without_a_usable_name_is_named_at_start(string name, string key)
    {
        var options = new MqttDashboardOptions { Tokens = { MqttDashboardToken.Create(name, MqttDashboardRole.Read, out _) } };
        Assert.StartsWith(key, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_that_is_not_hashed_is_named_at_start()
    {
        var options = new MqttDashboardOptions { Tokens = { new MqttDashboardToken { Name = "ops", Sha256 = "secret" } } };
        var message = Assert.Throws<ArgumentException>(options.Validate).Message;
        Assert.StartsWith("Tokens:0:Sha256", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_can_be_exchanged_but_not_taken_away()
    {
        _closed.Replace(new TokenTable([MqttDashboardToken.Create("next", MqttDashboardRole.Read, out var next)]));
        Assert.Equal((401, null), Ask(_closed, WithToken(_reader), MqttDashboardRole.Read));
        Assert.Equal((200, "next"), Ask(_closed, WithToken(next), MqttDashboardRole.Read));
        Assert.Throws<ArgumentException>(() => _closed.Replace(new TokenTable([])));
        Assert.Equal((401, null), Ask(_closed, Own, MqttDashboardRole.Read));
        Assert.Throws<ArgumentException>(() => _open.Replace(new TokenTable([MqttDashboardToken.Create("first", MqttDashboardRole.Read, out _)])));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "HTTP/1.1", true)]
    [InlineData("x-forwarded-proto", "HTTP/1.1", true)]
    [InlineData("Forwarded", "HTTP/1.1", true)]
    [InlineData("Via", "HTTP/1.1", true)]
    [InlineData("X-Real-IP", "HTTP/1.1", true)]
    [InlineData("CF-Connecting-IP", "HTTP/1.1", true)]
    [InlineData("X-Original-For", "HTTP/1.1", true)]
    [InlineData("Accept", "HTTP/1.0", true)] // nginx, as it is
    [InlineData("Accept", "HTTP/1.1", false)]
    public void A_request_of_a_proxy_is_known_by_its_headers_or_its_old_protocol(string header, string protocol, bool expected)
    {
        var context = new DefaultHttpContext();
        context.Request.Protocol = protocol;
        context.Request.Headers[header] = "1";
        Assert.Equal(expected, RequestFacts.Of(context).IsForwarded);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("::ffff:127.0.0.1", "::ffff:127.0.0.1", true)]
    [InlineData("192.0.2.1", "127.0.0.1", false)]
    [InlineData("127.0.0.1", "192.0.2.1", false)] // of this machine, to an address that others reach
    [InlineData("::ffff:192.0.2.1", "::1", false)]
    [InlineData("fe80::1", "::1", false)]
    public void Both_ends_of_a_connection_have_to_be_of_this_machine(string remote, string local, bool expected)
    {
        var context = new DefaultHttpContext();
        (context.Connection.RemoteIpAddress, context.Connection.LocalIpAddress) = (IPAddress.Parse(remote), IPAddress.Parse(local));
        Assert.Equal(expected, RequestFacts.Of(context).IsLoopback);
    }

    private static RequestFacts WithToken(string secret) => Own with { Authorization = $"Bearer {secret}", HasOwnHeader = false };

    private static (int Status, string? User) Ask(RequestGuard guard, RequestFacts request, MqttDashboardRole role, bool isAction = false)
    {
        var verdict = guard.Check(request, role, isAction);
        return (verdict.Status, verdict.User?.Name);
    }
}
