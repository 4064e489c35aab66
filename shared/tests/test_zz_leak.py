import subprocess,sys
def test_x(postgres_server):
    print(subprocess.run([sys.executable,"/tmp/vo/life/leak.py",postgres_server.superuser_url],capture_output=True,text=True))
    assert 0
