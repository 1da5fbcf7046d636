namespace Akka.Mqtt.Cli.Tests.Mosquitto;

/// <summary>Included files, bridges, and what is wrong in a file of mosquitto.</summary>
public sealed class MosquittoIncludeSpec : MosquittoSpec
{
    [Fact]
    public void After_a_bridge_comes_what_follows_it()
    {
        var (settings, warnings) = Read("""
            connection one
            address a.example
            topic # in
            connection two
            address b.example
            topic a
            listener 1884
            max_queued_messages 7
            """);
        Assert.Empty(warnings);
        Assert.Equal(["one", "two"], settings.Bridges.Select(each => each.Name));
        Assert.Equal(("0.0.0.0:1884", 7), ($"{Assert.Single(settings.Listeners).Address}", settings.MaxQueuedMessages));
    }

    [Fact]
    public void Included_files_are_in_the_order_of_mosquitto()
    {
        Directory.CreateDirectory(Folder["conf.d"]);
        foreach (var name in (string[])["b", "A", "01", "a", "B", "00"])
            File.WriteAllText(Path.Combine(Folder["conf.d"], $"{name}.conf"), $"connection {name}\naddress a.example\ntopic a\nidle_timeout 1\n");
        var (_, warnings) = Read($"include_dir {Folder["conf.d"]}");
        Assert.Equal(["00", "01", "A", "a", "B", "b"], warnings.Select(each => Path.GetFileNameWithoutExtension(each.Split(':')[0])));
    }

    [Fact]
    public void Included_files_are_read_in_order_and_named_in_warnings()
    {
        var folder = Directory.CreateDirectory(Folder["conf.d"]);
        File.WriteAllText(Path.Combine(folder.FullName, "b.conf"), "\npid_file x\n");
        File.WriteAllText(Path.Combine(folder.FullName, "a.conf"), "listener 1999\n");
        File.WriteAllText(Path.Combine(folder.FullName, "c.txt"), "nonsense\n");
        var (settings, warnings) = Read($"include_dir {folder.FullName}");
        Assert.EndsWith(":1999", $"{Assert.Single(settings.Listeners).Address}", StringComparison.Ordinal);
        Assert.Contains("b.conf:2: pid_file", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plugin /usr/lib/mosquitto_dynamic_security.so", ":1: plugin:")]
    [InlineData("auth_plugin /x.so", ":1: auth_plugin:")]
    [InlineData("listener 1883\nauth_opt_x 1", ":2: auth_opt_x:")]
    [InlineData("password_file $/users\nlistener 1883\npassword_file $/users", ":3: password_file: it occurs twice")]
    [InlineData("listener 8883\ncertfile $/cert.pem\ncertfile $/cert.pem", ":3: certfile: it occurs twice")]
    [InlineData("password_file /no/such/file", ":1: password_file:")]
    [InlineData("acl_file /no/such/file", ":1: acl_file:")]
    [InlineData("allow_anonymous perhaps", ":1: allow_anonymous:")]
    [InlineData("\nmax_queued_messages many", ":2: max_queued_messages:")]
    [InlineData("listener 99999", ":1: listener:")]
    [InlineData("listener 1883\nprotocol smoke", ":2: protocol:")]
    [InlineData("listener 8883\ncertfile $cert.pem", ":2: certfile:")]
    [InlineData("listener 8883\nrequire_certificate true", ":1: listener:")]
    [InlineData("listener 8883\ntls_version sslv3", ":2: tls_version:")]
    [InlineData("persistent_client_expiration 2x", ":1: persistent_client_expiration:")]
    [InlineData("no_such_option 1", ":1: no_such_option:")]
    [InlineData("include_dir /no/such/folder", ":1: include_dir:")]
    [InlineData("psk_file x", ":1: psk_file:")]
    [InlineData("listener 1883\nbind_interface nosuch0", ":2: bind_interface:")]
    [InlineData("listener 1883 127.0.0.1\nsocket_domain ipv6", ":2: socket_domain:")]
    [InlineData("listener 1883\nsocket_domain ipv5", ":2: socket_domain:")]
    [InlineData("max_packet_size 10", ":1: max_packet_size:")]
    [InlineData("max_qos 3", ":1: max_qos:")]
    [InlineData("listener 1883\ncapath /etc/ssl/certs", ":2: capath:")]
    public void What_is_wrong_or_would_be_less_safe_is_an_error_with_its_line(string text, string named)
    {
        var error = Assert.Throws<CommandFailure>(() => Read(text.Replace("$", Folder[""], StringComparison.Ordinal)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }
}
