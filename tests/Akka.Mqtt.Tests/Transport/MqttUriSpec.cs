using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Akka.Mqtt.Tests;

/// <summary>What a URI names is what is dialled: escapes are decoded, a scope is kept, and no secret gets into a text.</summary>
public sealed class MqttUriSpec
{
    [Theory]
    [InlineData("unix:///run/x.sock", "/run/x.sock")]
    [InlineData("unix:///a%20dir/x.sock", "/a dir/x.sock")]
    [InlineData("unix:///a%3Fb/%25/%23.sock", "/a?b/%/#.sock")]
    [InlineData("unix://localhost/run/x.sock", "/run/x.sock")]
    [InlineData("unix:///gr%C3%BCn.sock", "/gr\u00fcn.sock")]
    public void The_path_of_a_unix_socket_is_decoded(string uri, string path) =>
        Assert.Equal(new UnixDomainSocketEndPoint(path), new Mqtt.Connect(new Uri(uri)).RemoteAddress);

    [Theory]
    [InlineData("pipe://./my%20pipe", "my pipe", ".")]
    [InlineData("pipe:///name", "name", ".")]
    [InlineData("pipe://machine/a%2Bb", "a+b", "machine")]
    public void The_name_of_a_pipe_is_decoded(string uri, string pipe, string server) =>
        Assert.Equal(new NamedPipeEndPoint(pipe, server), new Mqtt.Connect(new Uri(uri)).RemoteAddress);

    [Theory]
    [InlineData("mqtt://[fe80::1%252]", 2)]
    [InlineData("mqtt://[fe80::1%252]:1884", 2)]
    [InlineData("mqtt://[fe80::1%2]", 2)]
    [InlineData("mqtts://[fe80::1%2513]:1884", 13)]
    [InlineData("tcp://[fe80::1]", 0)]
    public void An_IPv6_address_keeps_its_scope(string uri, long scope)
    {
        var address = Assert.IsType<IPEndPoint>(new Mqtt.Connect(new Uri(uri)).RemoteAddress);
        Assert.Equal(IPAddress.Parse("fe80::1").GetAddressBytes(), address.Address.GetAddressBytes());
        Assert.Equal(scope, address.Address.ScopeId);
    }

    [Theory]
    [InlineData("unix://relative/x.sock")]
    [InlineData("unix:///x.sock?mode=1")]
    [InlineData("pipe://./name#part")]
    [InlineData("http://host")]
    public void What_has_no_meaning_is_refused(string uri) => Assert.Throws<ArgumentException>(() => new Mqtt.Connect(new Uri(uri)));

    [Fact]
    public void Neither_password_nor_query_is_in_a_text()
    {
        var connect = new Mqtt.Connect(new Uri("wss://user:geheim@host.example/mqtt?token=geheim"));
        Assert.Equal("wss://host.example/mqtt?\u2026", connect.RemoteAddress.ToString());
        Assert.DoesNotContain("geheim", $"{connect} {connect.RemoteAddress}", StringComparison.Ordinal);
        Assert.Contains("token=geheim", ((UriEndPoint)connect.RemoteAddress).Uri.Query, StringComparison.Ordinal);
    }
}
